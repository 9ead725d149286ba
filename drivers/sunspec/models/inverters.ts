// SPDX-License-Identifier: Apache-2.0
// Inverters: models 101 to 103 (integers with scale factors), 111 to 113 (floats), and 160, the
// inputs of a tracker. Facts from github.com/sunspec/models at commit 7abdf89, Apache-2.0;
// ../model-definition.ts says how to read them.

import type { ModelRow } from '../model-definition.ts';

export const inverters: readonly ModelRow[] = [
  {
    names: {
      101: 'inverter, one phase',
      102: 'inverter, split phase',
      103: 'inverter, three phases',
    },
    points: `
      A:uint16@A_SF/A AphA:uint16@A_SF/A AphB:uint16@A_SF/A AphC:uint16@A_SF/A A_SF:sunssf
      PPVphAB:uint16@V_SF/V PPVphBC:uint16@V_SF/V PPVphCA:uint16@V_SF/V PhVphA:uint16@V_SF/V
      PhVphB:uint16@V_SF/V PhVphC:uint16@V_SF/V V_SF:sunssf W:int16@W_SF/W W_SF:sunssf
      Hz:uint16@Hz_SF/Hz Hz_SF:sunssf VA:int16@VA_SF/VA VA_SF:sunssf VAr:int16@VAr_SF/var
      VAr_SF:sunssf PF:int16@PF_SF/Pct PF_SF:sunssf WH:acc32@WH_SF/Wh WH_SF:sunssf
      DCA:uint16@DCA_SF/A DCA_SF:sunssf DCV:uint16@DCV_SF/V DCV_SF:sunssf DCW:int16@DCW_SF/W
      DCW_SF:sunssf TmpCab:int16@Tmp_SF/C TmpSnk:int16@Tmp_SF/C TmpTrns:int16@Tmp_SF/C
      TmpOt:int16@Tmp_SF/C Tmp_SF:sunssf St:enum16 StVnd:enum16 Evt1:bitfield32 Evt2:bitfield32
      EvtVnd1:bitfield32 EvtVnd2:bitfield32 EvtVnd3:bitfield32 EvtVnd4:bitfield32`,
  },
  {
    names: {
      111: 'inverter, one phase, floats',
      112: 'inverter, split phase, floats',
      113: 'inverter, three phases, floats',
    },
    points: `
      A:float32/A AphA:float32/A AphB:float32/A AphC:float32/A PPVphAB:float32/V PPVphBC:float32/V
      PPVphCA:float32/V PhVphA:float32/V PhVphB:float32/V PhVphC:float32/V W:float32/W
      Hz:float32/Hz VA:float32/VA VAr:float32/var PF:float32/Pct WH:float32/Wh DCA:float32/A
      DCV:float32/V DCW:float32/W TmpCab:float32/C TmpSnk:float32/C TmpTrns:float32/C
      TmpOt:float32/C St:enum16 StVnd:enum16 Evt1:bitfield32 Evt2:bitfield32 EvtVnd1:bitfield32
      EvtVnd2:bitfield32 EvtVnd3:bitfield32 EvtVnd4:bitfield32`,
  },
  {
    names: { 160: 'inputs of an inverter' },
    points: `
      DCA_SF:sunssf DCV_SF:sunssf DCW_SF:sunssf DCWH_SF:sunssf Evt:bitfield32 N:count
      TmsPer:uint16 module[*]{ ID:uint16 IDStr:string*8 DCA:uint16@DCA_SF/A DCV:uint16@DCV_SF/V
      DCW:uint16@DCW_SF/W DCWH:acc32@DCWH_SF/Wh Tms:uint32/Secs Tmp:int16/C DCSt:enum16
      DCEvt:bitfield32 }`,
  },
];
