// SPDX-License-Identifier: Apache-2.0
// Siemens SENTRON PAC2200: three phases, floats, energy as doubles.

import { measurands as m } from '../measurand.ts';
import { type MeterDefinition, register } from '../meter-definition.ts';

const mbmd = 'volkszaehler/mbmd, meters/rs485/pac2200.go';
const openems = 'OpenEMS/openems, io.openems.edge.meter.siemens, MeterSiemensPac2200Impl.java';
const both = [mbmd, openems];

export const siemensPac2200: MeterDefinition = {
  id: 'siemens-pac2200',
  vendor: 'Siemens',
  model: 'SENTRON PAC2200',
  functionCode: 3,
  registersPerReadMax: 125,
  serial: null,
  registers: [
    register(m.voltageL1, { address: 0x0001, bounds: { min: 0 }, sources: both }),
    register(m.voltageL2, { address: 0x0003, bounds: { min: 0 }, sources: both }),
    register(m.voltageL3, { address: 0x0005, bounds: { min: 0 }, sources: both }),
    register(m.currentL1, { address: 0x000d, bounds: { min: 0 }, sources: both }),
    register(m.currentL2, { address: 0x000f, bounds: { min: 0 }, sources: both }),
    register(m.currentL3, { address: 0x0011, bounds: { min: 0 }, sources: both }),
    register(m.activePower, { address: 0x0041, sources: both }),
    register(m.reactivePower, { address: 0x0043, sources: both }),
    register(m.powerFactor, { address: 0x0045, bounds: { min: -1, max: 1 }, sources: [mbmd] }),
    register(m.frequency, { address: 0x002e, bounds: { min: 45, max: 65 }, sources: [mbmd] }),
    register(m.importEnergy, {
      address: 0x0321,
      rawType: 'float64',
      bounds: { min: 0 },
      sources: both,
    }),
    register(m.exportEnergy, {
      address: 0x0329,
      rawType: 'float64',
      bounds: { min: 0 },
      sources: both,
    }),
  ],
  notes: [
    'One source reads with function 4, the other with 3.',
    'Frequency at 0x002E is off the grid of its neighbours and from one source: check it.',
  ],
};
