// SPDX-License-Identifier: Apache-2.0
// Carlo Gavazzi EM/ET330, EM/ET340 and EM24 E1 with Ethernet: integers, low word first.

import { measurands as m } from '../measurand.ts';
import { type MeterDefinition, provenance, register } from '../meter-definition.ts';

const mbmd = 'volkszaehler/mbmd, meters/rs485/carlogavazzi-em24_e1.go, carlogavazzi-ex3x0.go';
const victron = 'victronenergy/dbus-modbus-client, carlo_gavazzi.py';
const openems =
  'OpenEMS/openems, io.openems.edge.meter.carlo.gavazzi, MeterCarloGavazziEm300Impl.java';
const all = [mbmd, victron, openems];
const wordOrder = 'low-word-first';

export const carloGavazziEm340: MeterDefinition = {
  id: 'carlo-gavazzi-em340',
  vendor: 'Carlo Gavazzi',
  model: 'EM330, EM340, ET330, ET340, EM24 E1 (Ethernet)',
  functionCode: 4,
  registersPerReadMax: 125,
  serial: null,
  identification: {
    address: 0x000b,
    count: 1,
    models: {
      1648: 'EM24DINAV23XE1X',
      1649: 'EM24DINAV23XE1PFA',
      1650: 'EM24DINAV23XE1PFB',
      1651: 'EM24DINAV53XE1X',
      1652: 'EM24DINAV53XE1PFA',
      1653: 'EM24DINAV53XE1PFB',
    },
    provenance: provenance(victron),
  },
  registers: [
    register(m.voltageL1, {
      address: 0x0000,
      rawType: 'int32',
      wordOrder,
      scalePowerOfTen: -1,
      bounds: { min: 0 },
      sources: all,
    }),
    register(m.voltageL2, {
      address: 0x0002,
      rawType: 'int32',
      wordOrder,
      scalePowerOfTen: -1,
      bounds: { min: 0 },
      sources: all,
    }),
    register(m.voltageL3, {
      address: 0x0004,
      rawType: 'int32',
      wordOrder,
      scalePowerOfTen: -1,
      bounds: { min: 0 },
      sources: all,
    }),
    register(m.currentL1, {
      address: 0x000c,
      rawType: 'int32',
      wordOrder,
      scalePowerOfTen: -3,
      bounds: { min: 0 },
      sources: all,
    }),
    register(m.currentL2, {
      address: 0x000e,
      rawType: 'int32',
      wordOrder,
      scalePowerOfTen: -3,
      bounds: { min: 0 },
      sources: all,
    }),
    register(m.currentL3, {
      address: 0x0010,
      rawType: 'int32',
      wordOrder,
      scalePowerOfTen: -3,
      bounds: { min: 0 },
      sources: all,
    }),
    register(m.activePower, {
      address: 0x0028,
      rawType: 'int32',
      wordOrder,
      scalePowerOfTen: -1,
      sources: all,
    }),
    register(m.reactivePower, {
      address: 0x002c,
      rawType: 'int32',
      wordOrder,
      scalePowerOfTen: -1,
      sources: [openems],
    }),
    register(m.powerFactor, {
      address: 0x0031,
      rawType: 'int16',
      scalePowerOfTen: -3,
      bounds: { min: -1, max: 1 },
      sources: [mbmd],
    }),
    register(m.frequency, {
      address: 0x0033,
      rawType: 'uint16',
      scalePowerOfTen: -1,
      bounds: { min: 45, max: 65 },
      sources: all,
    }),
    register(m.importEnergy, {
      address: 0x0034,
      rawType: 'int32',
      wordOrder,
      scalePowerOfTen: 2,
      bounds: { min: 0 },
      sources: all,
    }),
    register(m.exportEnergy, {
      address: 0x004e,
      rawType: 'int32',
      wordOrder,
      scalePowerOfTen: 2,
      bounds: { min: 0 },
      sources: all,
    }),
  ],
  notes: [
    'EM24 E1 has this layout only while its register 0xA000 holds 7 (application H).',
    'Reactive power is known for EM300 meters only.',
  ],
};
