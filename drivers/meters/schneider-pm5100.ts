// SPDX-License-Identifier: Apache-2.0
// Schneider PowerLogic PM5100: three phases, floats, energy as 64-bit integers.

import { measurands as m } from '../measurand.ts';
import { type MeterDefinition, register } from '../meter-definition.ts';

const solarNode = 'SolarNetwork/solarnetwork-node, hw.schneider, PM5100Register.java';
const mbmd = 'volkszaehler/mbmd, meters/rs485/iem3000.go (the same layout)';
const both = [solarNode, mbmd];

export const schneiderPm5100: MeterDefinition = {
  id: 'schneider-pm5100',
  vendor: 'Schneider Electric',
  model: 'PowerLogic PM5100',
  functionCode: 3,
  registersPerReadMax: 125,
  serial: null,
  registers: [
    register(m.voltageL1, { address: 0x0bd3, bounds: { min: 0 }, sources: both }),
    register(m.voltageL2, { address: 0x0bd5, bounds: { min: 0 }, sources: both }),
    register(m.voltageL3, { address: 0x0bd7, bounds: { min: 0 }, sources: both }),
    register(m.currentL1, { address: 0x0bb7, bounds: { min: 0 }, sources: both }),
    register(m.currentL2, { address: 0x0bb9, bounds: { min: 0 }, sources: both }),
    register(m.currentL3, { address: 0x0bbb, bounds: { min: 0 }, sources: both }),
    register(m.activePower, { address: 0x0bf3, scalePowerOfTen: 3, sources: both }),
    register(m.activePowerL1, { address: 0x0bed, scalePowerOfTen: 3, sources: both }),
    register(m.activePowerL2, { address: 0x0bef, scalePowerOfTen: 3, sources: both }),
    register(m.activePowerL3, { address: 0x0bf1, scalePowerOfTen: 3, sources: both }),
    register(m.reactivePower, { address: 0x0bfb, scalePowerOfTen: 3, sources: both }),
    register(m.frequency, { address: 0x0c25, bounds: { min: 45, max: 65 }, sources: both }),
    register(m.importEnergy, {
      address: 0x0c83,
      rawType: 'int64',
      bounds: { min: 0 },
      sources: both,
    }),
    register(m.exportEnergy, {
      address: 0x0c87,
      rawType: 'int64',
      bounds: { min: 0 },
      sources: both,
    }),
  ],
  notes: [
    "Schneider's manuals count registers from 1: one less stands here.",
    'Others of the PM5xxx family share the layout; that was not checked for each.',
    'Left out: power factor at 0x0C0B, in a code of four quadrants.',
  ],
};
