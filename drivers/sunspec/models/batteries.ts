// SPDX-License-Identifier: Apache-2.0
// Batteries: model 802. Facts from github.com/sunspec/models at commit 7abdf89, Apache-2.0;
// ../model-definition.ts says how to read them.

import type { ModelRow } from '../model-definition.ts';

export const batteries: readonly ModelRow[] = [
  {
    names: { 802: 'battery' },
    points: `
      AHRtg:uint16@AHRtg_SF/Ah WHRtg:uint16@WHRtg_SF/Wh WChaRteMax:uint16@WChaDisChaMax_SF/W
      WDisChaRteMax:uint16@WChaDisChaMax_SF/W DisChaRte:uint16@DisChaRte_SF/%WHRtg
      SoCMax:uint16@SoC_SF/%WHRtg SoCMin:uint16@SoC_SF/%WHRtg SocRsvMax:uint16@SoC_SF/%WHRtg
      SoCRsvMin:uint16@SoC_SF/%WHRtg SoC:uint16@SoC_SF/%WHRtg DoD:uint16@DoD_SF/%
      SoH:uint16@SoH_SF/% NCyc:uint32 ChaSt:enum16 LocRemCtl:enum16 Hb:uint16 CtrlHb:uint16
      AlmRst:uint16 Typ:enum16 State:enum16 StateVnd:enum16 WarrDt:uint32 Evt1:bitfield32
      Evt2:bitfield32 EvtVnd1:bitfield32 EvtVnd2:bitfield32 V:uint16@V_SF/V VMax:uint16@V_SF/V
      VMin:uint16@V_SF/V CellVMax:uint16@CellV_SF/V CellVMaxStr:uint16 CellVMaxMod:uint16
      CellVMin:uint16@CellV_SF/V CellVMinStr:uint16 CellVMinMod:uint16 CellVAvg:uint16@CellV_SF/V
      A:int16@A_SF/A AChaMax:uint16@AMax_SF/A ADisChaMax:uint16@AMax_SF/A W:int16@W_SF/W
      ReqInvState:enum16 ReqW:int16@W_SF/W SetOp:enum16 SetInvState:enum16 AHRtg_SF:sunssf
      WHRtg_SF:sunssf WChaDisChaMax_SF:sunssf DisChaRte_SF:sunssf SoC_SF:sunssf DoD_SF:sunssf
      SoH_SF:sunssf V_SF:sunssf CellV_SF:sunssf A_SF:sunssf AMax_SF:sunssf W_SF:sunssf`,
  },
];
