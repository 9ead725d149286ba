// SPDX-License-Identifier: Apache-2.0
// AC meters: models 201 to 204. Facts from github.com/sunspec/models at commit 7abdf89, Apache-2.0;
// ../model-definition.ts says how to read them.

import type { ModelRow } from '../model-definition.ts';

export const meters: readonly ModelRow[] = [
  {
    names: { 201: 'AC meter, one phase' },
    points: `
      A:int16@A_SF/A AphA:int16@A_SF/A AphB:int16@A_SF/A AphC:int16@A_SF/A A_SF:sunssf
      PhV:int16@V_SF/V PhVphA:int16@V_SF/V PhVphB:int16@V_SF/V PhVphC:int16@V_SF/V
      PPV:int16@V_SF/V PPVphAB:int16@V_SF/V PPVphBC:int16@V_SF/V PPVphCA:int16@V_SF/V V_SF:sunssf
      Hz:int16@Hz_SF/Hz Hz_SF:sunssf W:int16@W_SF/W WphA:int16@W_SF/W WphB:int16@W_SF/W
      WphC:int16@W_SF/W W_SF:sunssf VA:int16@VA_SF/VA VAphA:int16@VA_SF/VA VAphB:int16@VA_SF/VA
      VAphC:int16@VA_SF/VA VA_SF:sunssf VAR:int16@VAR_SF/var VARphA:int16@VAR_SF/var
      VARphB:int16@VAR_SF/var VARphC:int16@VAR_SF/var VAR_SF:sunssf PF:int16@PF_SF/Pct
      PFphA:int16@PF_SF/Pct PFphB:int16@PF_SF/Pct PFphC:int16@PF_SF/Pct PF_SF:sunssf
      TotWhExp:acc32@TotWh_SF/Wh TotWhExpPhA:acc32@TotWh_SF/Wh TotWhExpPhB:acc32@TotWh_SF/Wh
      TotWhExpPhC:acc32@TotWh_SF/Wh TotWhImp:acc32@TotWh_SF/Wh TotWhImpPhA:acc32@TotWh_SF/Wh
      TotWhImpPhB:acc32@TotWh_SF/Wh TotWhImpPhC:acc32@TotWh_SF/Wh TotWh_SF:sunssf
      TotVAhExp:acc32@TotVAh_SF/VAh TotVAhExpPhA:acc32@TotVAh_SF/VAh
      TotVAhExpPhB:acc32@TotVAh_SF/VAh TotVAhExpPhC:acc32@TotVAh_SF/VAh
      TotVAhImp:acc32@TotVAh_SF/VAh TotVAhImpPhA:acc32@TotVAh_SF/VAh
      TotVAhImpPhB:acc32@TotVAh_SF/VAh TotVAhImpPhC:acc32@TotVAh_SF/VAh TotVAh_SF:sunssf
      TotVArhImpQ1:acc32@TotVArh_SF/varh TotVArhImpQ1PhA:acc32@TotVArh_SF/varh
      TotVArhImpQ1PhB:acc32@TotVArh_SF/varh TotVArhImpQ1PhC:acc32@TotVArh_SF/varh
      TotVArhImpQ2:acc32@TotVArh_SF/varh TotVArhImpQ2PhA:acc32@TotVArh_SF/varh
      TotVArhImpQ2PhB:acc32@TotVArh_SF/varh TotVArhImpQ2PhC:acc32@TotVArh_SF/varh
      TotVArhExpQ3:acc32@TotVArh_SF/varh TotVArhExpQ3PhA:acc32@TotVArh_SF/varh
      TotVArhExpQ3PhB:acc32@TotVArh_SF/varh TotVArhExpQ3PhC:acc32@TotVArh_SF/varh
      TotVArhExpQ4:acc32@TotVArh_SF/varh TotVArhExpQ4PhA:acc32@TotVArh_SF/varh
      TotVArhExpQ4PhB:acc32@TotVArh_SF/varh TotVArhExpQ4PhC:acc32@TotVArh_SF/varh
      TotVArh_SF:sunssf Evt:bitfield32`,
  },
  {
    names: {
      202: 'AC meter, split phase',
      203: 'AC meter, three phases, wye',
      204: 'AC meter, three phases, delta',
    },
    points: `
      A:int16@A_SF/A AphA:int16@A_SF/A AphB:int16@A_SF/A AphC:int16@A_SF/A A_SF:sunssf
      PhV:int16@V_SF/V PhVphA:int16@V_SF/V PhVphB:int16@V_SF/V PhVphC:int16@V_SF/V
      PPV:int16@V_SF/V PhVphAB:int16@V_SF/V PhVphBC:int16@V_SF/V PhVphCA:int16@V_SF/V V_SF:sunssf
      Hz:int16@Hz_SF/Hz Hz_SF:sunssf W:int16@W_SF/W WphA:int16@W_SF/W WphB:int16@W_SF/W
      WphC:int16@W_SF/W W_SF:sunssf VA:int16@VA_SF/VA VAphA:int16@VA_SF/VA VAphB:int16@VA_SF/VA
      VAphC:int16@VA_SF/VA VA_SF:sunssf VAR:int16@VAR_SF/var VARphA:int16@VAR_SF/var
      VARphB:int16@VAR_SF/var VARphC:int16@VAR_SF/var VAR_SF:sunssf PF:int16@PF_SF/Pct
      PFphA:int16@PF_SF/Pct PFphB:int16@PF_SF/Pct PFphC:int16@PF_SF/Pct PF_SF:sunssf
      TotWhExp:acc32@TotWh_SF/Wh TotWhExpPhA:acc32@TotWh_SF/Wh TotWhExpPhB:acc32@TotWh_SF/Wh
      TotWhExpPhC:acc32@TotWh_SF/Wh TotWhImp:acc32@TotWh_SF/Wh TotWhImpPhA:acc32@TotWh_SF/Wh
      TotWhImpPhB:acc32@TotWh_SF/Wh TotWhImpPhC:acc32@TotWh_SF/Wh TotWh_SF:sunssf
      TotVAhExp:acc32@TotVAh_SF/VAh TotVAhExpPhA:acc32@TotVAh_SF/VAh
      TotVAhExpPhB:acc32@TotVAh_SF/VAh TotVAhExpPhC:acc32@TotVAh_SF/VAh
      TotVAhImp:acc32@TotVAh_SF/VAh TotVAhImpPhA:acc32@TotVAh_SF/VAh
      TotVAhImpPhB:acc32@TotVAh_SF/VAh TotVAhImpPhC:acc32@TotVAh_SF/VAh TotVAh_SF:sunssf
      TotVArhImpQ1:acc32@TotVArh_SF/varh TotVArhImpQ1PhA:acc32@TotVArh_SF/varh
      TotVArhImpQ1PhB:acc32@TotVArh_SF/varh TotVArhImpQ1PhC:acc32@TotVArh_SF/varh
      TotVArhImpQ2:acc32@TotVArh_SF/varh TotVArhImpQ2PhA:acc32@TotVArh_SF/varh
      TotVArhImpQ2PhB:acc32@TotVArh_SF/varh TotVArhImpQ2PhC:acc32@TotVArh_SF/varh
      TotVArhExpQ3:acc32@TotVArh_SF/varh TotVArhExpQ3PhA:acc32@TotVArh_SF/varh
      TotVArhExpQ3PhB:acc32@TotVArh_SF/varh TotVArhExpQ3PhC:acc32@TotVArh_SF/varh
      TotVArhExpQ4:acc32@TotVArh_SF/varh TotVArhExpQ4PhA:acc32@TotVArh_SF/varh
      TotVArhExpQ4PhB:acc32@TotVArh_SF/varh TotVArhExpQ4PhC:acc32@TotVArh_SF/varh
      TotVArh_SF:sunssf Evt:bitfield32`,
  },
];
