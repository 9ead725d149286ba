// SPDX-License-Identifier: Apache-2.0
// Schneider iEM3x50 and iEM3x55: three phases, floats, energy as 64-bit integers.

import { measurands as m } from '../measurand.ts';
import { type MeterDefinition, register } from '../meter-definition.ts';

const mbmd = 'volkszaehler/mbmd, meters/rs485/iem3000.go';
const smartEvse = 'dingo35/SmartEVSE-3.5, SmartEVSE-3/src/meter.cpp, EMConfig, row Schneider';
const both = [mbmd, smartEvse];

export const schneiderIem3000: MeterDefinition = {
  id: 'schneider-iem3000',
  vendor: 'Schneider Electric',
  model: 'iEM3x50, iEM3x55',
  functionCode: 3,
  registersPerReadMax: 125,
  serial: null,
  registers: [
    register(m.voltageL1, { address: 0x0bd3, bounds: { min: 0 }, sources: both }),
    register(m.voltageL2, { address: 0x0bd5, bounds: { min: 0 }, sources: [mbmd] }),
    register(m.voltageL3, { address: 0x0bd7, bounds: { min: 0 }, sources: [mbmd] }),
    register(m.currentL1, { address: 0x0bb7, bounds: { min: 0 }, sources: both }),
    register(m.currentL2, { address: 0x0bb9, bounds: { min: 0 }, sources: [mbmd] }),
    register(m.currentL3, { address: 0x0bbb, bounds: { min: 0 }, sources: [mbmd] }),
    register(m.activePower, { address: 0x0bf3, scalePowerOfTen: 3, sources: both }),
    register(m.reactivePower, { address: 0x0bfb, scalePowerOfTen: 3, sources: [mbmd] }),
    register(m.frequency, { address: 0x0c25, bounds: { min: 45, max: 65 }, sources: [mbmd] }),
    register(m.importEnergy, {
      address: 0x0c83,
      rawType: 'int64',
      bounds: { min: 0 },
      sources: [mbmd],
    }),
    register(m.exportEnergy, {
      address: 0x0c87,
      rawType: 'int64',
      bounds: { min: 0 },
      sources: [mbmd],
    }),
  ],
  notes: [
    "Schneider's manuals count registers from 1: one less stands here.",
    'iEM3x50 has no counter of export.',
    'Left out: power factor at 0x0C0B, in a code of four quadrants.',
  ],
};
