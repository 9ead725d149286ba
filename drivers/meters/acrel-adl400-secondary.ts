// SPDX-License-Identifier: Apache-2.0
// Acrel ADL400, block from 0x0061: integers on the secondary side of the transformers, so only for
// meters that are connected directly. Energy is left out.

import { measurands as m } from '../measurand.ts';
import { type MeterDefinition, register } from '../meter-definition.ts';

const datasheetTest = 'a public test made from the ADL400-D datasheet';

export const acrelAdl400Secondary: MeterDefinition = {
  id: 'acrel-adl400-secondary',
  vendor: 'Acrel',
  model: 'ADL400 (block 0x0061, secondary side)',
  functionCode: 3,
  registersPerReadMax: 125,
  serial: null,
  registers: [
    register(m.currentL1, {
      address: 0x0064,
      rawType: 'int16',
      scalePowerOfTen: -2,
      sources: [datasheetTest],
    }),
    register(m.currentL2, {
      address: 0x0065,
      rawType: 'int16',
      scalePowerOfTen: -2,
      sources: [datasheetTest],
    }),
    register(m.currentL3, {
      address: 0x0066,
      rawType: 'int16',
      scalePowerOfTen: -2,
      sources: [datasheetTest],
    }),
    register(m.activePower, { address: 0x016a, rawType: 'int32', sources: [datasheetTest] }),
    register(m.activePowerL1, { address: 0x0164, rawType: 'int32', sources: [datasheetTest] }),
    register(m.activePowerL2, { address: 0x0166, rawType: 'int32', sources: [datasheetTest] }),
    register(m.activePowerL3, { address: 0x0168, rawType: 'int32', sources: [datasheetTest] }),
  ],
  notes: [
    'Behind transformers all of it is to be multiplied by their ratios: use acrel-adl400-primary there.',
    'Left out: energy at 0x0000, which is import and export together; voltages at 0x0061 and frequency at 0x0077, which no source shows.',
  ],
};
