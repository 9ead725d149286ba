// SPDX-License-Identifier: Apache-2.0
// Janitza UMG 96RM-E and B-series: three phases, floats in plain units.

import { measurands as m } from '../measurand.ts';
import { type MeterDefinition, register } from '../meter-definition.ts';

const mbmd = 'volkszaehler/mbmd, meters/rs485/janitza.go';
const openems = 'OpenEMS/openems, io.openems.edge.meter.janitza, MeterJanitzaUmg96rmeImpl.java';
const both = [mbmd, openems];

export const janitzaUmg96: MeterDefinition = {
  id: 'janitza-umg96',
  vendor: 'Janitza',
  model: 'UMG 96RM-E, B-series',
  functionCode: 3,
  registersPerReadMax: 125,
  serial: null,
  registers: [
    register(m.voltageL1, { address: 0x4a38, bounds: { min: 0 }, sources: both }),
    register(m.voltageL2, { address: 0x4a3a, bounds: { min: 0 }, sources: both }),
    register(m.voltageL3, { address: 0x4a3c, bounds: { min: 0 }, sources: both }),
    register(m.currentL1, { address: 0x4a44, bounds: { min: 0 }, sources: both }),
    register(m.currentL2, { address: 0x4a46, bounds: { min: 0 }, sources: both }),
    register(m.currentL3, { address: 0x4a48, bounds: { min: 0 }, sources: both }),
    register(m.activePower, { address: 0x4a52, sources: both }),
    register(m.activePowerL1, { address: 0x4a4c, sources: both }),
    register(m.activePowerL2, { address: 0x4a4e, sources: both }),
    register(m.activePowerL3, { address: 0x4a50, sources: both }),
    register(m.reactivePower, { address: 0x4a62, sources: [openems] }),
    register(m.powerFactorL1, { address: 0x4a64, bounds: { min: -1, max: 1 }, sources: [mbmd] }),
    register(m.powerFactorL2, { address: 0x4a66, bounds: { min: -1, max: 1 }, sources: [mbmd] }),
    register(m.powerFactorL3, { address: 0x4a68, bounds: { min: -1, max: 1 }, sources: [mbmd] }),
    register(m.frequency, { address: 0x4a6a, bounds: { min: 45, max: 65 }, sources: both }),
    register(m.importEnergy, { address: 0x4a7c, bounds: { min: 0 }, sources: both }),
    register(m.exportEnergy, { address: 0x4a84, bounds: { min: 0 }, sources: both }),
  ],
  notes: [
    'UMG 604 has another block.',
    'Power factors are those of the phases; no source gives one of the total.',
  ],
};
