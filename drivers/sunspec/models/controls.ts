// SPDX-License-Identifier: Apache-2.0
// What an inverter is rated and set to, its status, and what may be set: models 120 to 124. Facts
// from github.com/sunspec/models at commit 7abdf89, Apache-2.0; ../model-definition.ts says how to
// read them.

import type { ModelRow } from '../model-definition.ts';

export const controls: readonly ModelRow[] = [
  {
    names: { 120: 'nameplate' },
    points: `
      DERTyp:enum16 WRtg:uint16@WRtg_SF/W WRtg_SF:sunssf VARtg:uint16@VARtg_SF/VA VARtg_SF:sunssf
      VArRtgQ1:int16@VArRtg_SF/var VArRtgQ2:int16@VArRtg_SF/var VArRtgQ3:int16@VArRtg_SF/var
      VArRtgQ4:int16@VArRtg_SF/var VArRtg_SF:sunssf ARtg:uint16@ARtg_SF/A ARtg_SF:sunssf
      PFRtgQ1:int16@PFRtg_SF/cos() PFRtgQ2:int16@PFRtg_SF/cos() PFRtgQ3:int16@PFRtg_SF/cos()
      PFRtgQ4:int16@PFRtg_SF/cos() PFRtg_SF:sunssf WHRtg:uint16@WHRtg_SF/Wh WHRtg_SF:sunssf
      AhrRtg:uint16@AhrRtg_SF/AH AhrRtg_SF:sunssf MaxChaRte:uint16@MaxChaRte_SF/W
      MaxChaRte_SF:sunssf MaxDisChaRte:uint16@MaxDisChaRte_SF/W MaxDisChaRte_SF:sunssf Pad:pad`,
  },
  {
    names: { 121: 'basic settings' },
    points: `
      WMax:uint16@WMax_SF/W VRef:uint16@VRef_SF/V VRefOfs:int16@VRefOfs_SF/V
      VMax:uint16@VMinMax_SF/V VMin:uint16@VMinMax_SF/V VAMax:uint16@VAMax_SF/VA
      VArMaxQ1:int16@VArMax_SF/var VArMaxQ2:int16@VArMax_SF/var VArMaxQ3:int16@VArMax_SF/var
      VArMaxQ4:int16@VArMax_SF/var WGra:uint16@WGra_SF/%WMax/sec PFMinQ1:int16@PFMin_SF/cos()
      PFMinQ2:int16@PFMin_SF/cos() PFMinQ3:int16@PFMin_SF/cos() PFMinQ4:int16@PFMin_SF/cos()
      VArAct:enum16 ClcTotVA:enum16 MaxRmpRte:uint16@MaxRmpRte_SF/%WGra
      ECPNomHz:uint16@ECPNomHz_SF/Hz ConnPh:enum16 WMax_SF:sunssf VRef_SF:sunssf VRefOfs_SF:sunssf
      VMinMax_SF:sunssf VAMax_SF:sunssf VArMax_SF:sunssf WGra_SF:sunssf PFMin_SF:sunssf
      MaxRmpRte_SF:sunssf ECPNomHz_SF:sunssf`,
  },
  {
    names: { 122: 'status' },
    points: `
      PVConn:bitfield16 StorConn:bitfield16 ECPConn:bitfield16 ActWh:acc64/Wh ActVAh:acc64/VAh
      ActVArhQ1:acc64/varh ActVArhQ2:acc64/varh ActVArhQ3:acc64/varh ActVArhQ4:acc64/varh
      VArAval:int16@VArAval_SF/var VArAval_SF:sunssf WAval:uint16@WAval_SF/var WAval_SF:sunssf
      StSetLimMsk:bitfield32 StActCtl:bitfield32 TmSrc:string*4 Tms:uint32/Secs RtSt:bitfield16
      Ris:uint16@Ris_SF/ohms Ris_SF:sunssf`,
  },
  {
    names: { 123: 'immediate controls' },
    points: `
      Conn_WinTms:uint16/Secs Conn_RvrtTms:uint16/Secs Conn:enum16
      WMaxLimPct:uint16@WMaxLimPct_SF/%WMax WMaxLimPct_WinTms:uint16/Secs
      WMaxLimPct_RvrtTms:uint16/Secs WMaxLimPct_RmpTms:uint16/Secs WMaxLim_Ena:enum16
      OutPFSet:int16@OutPFSet_SF/cos() OutPFSet_WinTms:uint16/Secs OutPFSet_RvrtTms:uint16/Secs
      OutPFSet_RmpTms:uint16/Secs OutPFSet_Ena:enum16 VArWMaxPct:int16@VArPct_SF/%WMax
      VArMaxPct:int16@VArPct_SF/%VArMax VArAvalPct:int16@VArPct_SF/%VArAval
      VArPct_WinTms:uint16/Secs VArPct_RvrtTms:uint16/Secs VArPct_RmpTms:uint16/Secs
      VArPct_Mod:enum16 VArPct_Ena:enum16 WMaxLimPct_SF:sunssf OutPFSet_SF:sunssf VArPct_SF:sunssf`,
  },
  {
    names: { 124: 'basic storage' },
    points: `
      WChaMax:uint16@WChaMax_SF/W WChaGra:uint16@WChaDisChaGra_SF/%WChaMax/sec
      WDisChaGra:uint16@WChaDisChaGra_SF/%WChaMax/sec StorCtl_Mod:bitfield16
      VAChaMax:uint16@VAChaMax_SF/VA MinRsvPct:uint16@MinRsvPct_SF/%WChaMax
      ChaState:uint16@ChaState_SF/%AhrRtg StorAval:uint16@StorAval_SF/AH InBatV:uint16@InBatV_SF/V
      ChaSt:enum16 OutWRte:int16@InOutWRte_SF/%WDisChaMax InWRte:int16@InOutWRte_SF/%WChaMax
      InOutWRte_WinTms:uint16/Secs InOutWRte_RvrtTms:uint16/Secs InOutWRte_RmpTms:uint16/Secs
      ChaGriSet:enum16 WChaMax_SF:sunssf WChaDisChaGra_SF:sunssf VAChaMax_SF:sunssf
      MinRsvPct_SF:sunssf ChaState_SF:sunssf StorAval_SF:sunssf InBatV_SF:sunssf
      InOutWRte_SF:sunssf`,
  },
];
