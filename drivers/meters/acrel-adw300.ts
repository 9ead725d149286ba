// SPDX-License-Identifier: Apache-2.0
// Acrel ADW300: three phases, integers.

import { measurands as m } from '../measurand.ts';
import { type MeterDefinition, provenance, register } from '../meter-definition.ts';

const evcc = 'evcc-io/evcc, templates/definition/meter/acrel-adw300.yaml';

export const acrelAdw300: MeterDefinition = {
  id: 'acrel-adw300',
  vendor: 'Acrel',
  model: 'ADW300',
  functionCode: 3,
  registersPerReadMax: 125,
  serial: { baudRate: 1200, provenance: provenance(evcc) },
  registers: [
    register(m.voltageL1, {
      address: 0x0014,
      rawType: 'uint16',
      scalePowerOfTen: -1,
      bounds: { min: 0 },
      sources: [evcc],
    }),
    register(m.voltageL2, {
      address: 0x0015,
      rawType: 'uint16',
      scalePowerOfTen: -1,
      bounds: { min: 0 },
      sources: [evcc],
    }),
    register(m.voltageL3, {
      address: 0x0016,
      rawType: 'uint16',
      scalePowerOfTen: -1,
      bounds: { min: 0 },
      sources: [evcc],
    }),
    register(m.currentL1, {
      address: 0x001a,
      rawType: 'uint16',
      scalePowerOfTen: -2,
      bounds: { min: 0 },
      sources: [evcc],
    }),
    register(m.currentL2, {
      address: 0x001b,
      rawType: 'uint16',
      scalePowerOfTen: -2,
      bounds: { min: 0 },
      sources: [evcc],
    }),
    register(m.currentL3, {
      address: 0x001c,
      rawType: 'uint16',
      scalePowerOfTen: -2,
      bounds: { min: 0 },
      sources: [evcc],
    }),
    register(m.activePower, { address: 0x0024, rawType: 'int32', sources: [evcc] }),
    register(m.activePowerL1, { address: 0x001e, rawType: 'int32', sources: [evcc] }),
    register(m.activePowerL2, { address: 0x0020, rawType: 'int32', sources: [evcc] }),
    register(m.activePowerL3, { address: 0x0022, rawType: 'int32', sources: [evcc] }),
    register(m.importEnergy, {
      address: 0x003e,
      rawType: 'int32',
      scalePowerOfTen: 1,
      bounds: { min: 0 },
      sources: [evcc],
    }),
    register(m.exportEnergy, {
      address: 0x0040,
      rawType: 'int32',
      scalePowerOfTen: 1,
      bounds: { min: 0 },
      sources: [evcc],
    }),
  ],
  notes: [
    'From one source; reactive power, power factor and frequency are not in it and are left out.',
  ],
};
