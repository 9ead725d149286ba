// SPDX-License-Identifier: Apache-2.0
// Carlo Gavazzi EM24-DIN with RS-485: integers, low word first. EM24 with Ethernet is another map.

import { measurands as m } from '../measurand.ts';
import { type MeterDefinition, register } from '../meter-definition.ts';

const mbmd = 'volkszaehler/mbmd, meters/rs485/carlogavazzi-em24.go';
const openemsDerived = 'two public drivers of the EM24-DIN derived from OpenEMS';
const growatt = 'GrowattModbus, table EM24';
const wordOrder = 'low-word-first';

export const carloGavazziEm24Din: MeterDefinition = {
  id: 'carlo-gavazzi-em24-din',
  vendor: 'Carlo Gavazzi',
  model: 'EM24-DIN (RS-485)',
  functionCode: 4,
  registersPerReadMax: 125,
  serial: null,
  registers: [
    register(m.voltageL1, {
      address: 0x0000,
      rawType: 'int32',
      wordOrder,
      scalePowerOfTen: -1,
      bounds: { min: 0 },
      sources: [mbmd],
    }),
    register(m.voltageL2, {
      address: 0x0002,
      rawType: 'int32',
      wordOrder,
      scalePowerOfTen: -1,
      bounds: { min: 0 },
      sources: [mbmd],
    }),
    register(m.voltageL3, {
      address: 0x0004,
      rawType: 'int32',
      wordOrder,
      scalePowerOfTen: -1,
      bounds: { min: 0 },
      sources: [mbmd],
    }),
    register(m.currentL1, {
      address: 0x000c,
      rawType: 'int32',
      wordOrder,
      scalePowerOfTen: -3,
      bounds: { min: 0 },
      sources: [mbmd],
    }),
    register(m.currentL2, {
      address: 0x000e,
      rawType: 'int32',
      wordOrder,
      scalePowerOfTen: -3,
      bounds: { min: 0 },
      sources: [mbmd],
    }),
    register(m.currentL3, {
      address: 0x0010,
      rawType: 'int32',
      wordOrder,
      scalePowerOfTen: -3,
      bounds: { min: 0 },
      sources: [mbmd],
    }),
    register(m.activePower, {
      address: 0x0028,
      rawType: 'int32',
      wordOrder,
      scalePowerOfTen: -1,
      sources: [mbmd],
    }),
    register(m.activePowerL1, {
      address: 0x0012,
      rawType: 'int32',
      wordOrder,
      scalePowerOfTen: -1,
      sources: [mbmd],
    }),
    register(m.activePowerL2, {
      address: 0x0014,
      rawType: 'int32',
      wordOrder,
      scalePowerOfTen: -1,
      sources: [mbmd],
    }),
    register(m.activePowerL3, {
      address: 0x0016,
      rawType: 'int32',
      wordOrder,
      scalePowerOfTen: -1,
      sources: [mbmd],
    }),
    register(m.powerFactor, {
      address: 0x0035,
      rawType: 'int16',
      scalePowerOfTen: -3,
      bounds: { min: -1, max: 1 },
      sources: [mbmd],
    }),
    register(m.frequency, {
      address: 0x0037,
      rawType: 'uint16',
      scalePowerOfTen: -1,
      bounds: { min: 45, max: 65 },
      sources: [mbmd, openemsDerived],
    }),
    register(m.importEnergy, {
      address: 0x003e,
      rawType: 'int32',
      wordOrder,
      scalePowerOfTen: 2,
      bounds: { min: 0 },
      sources: [openemsDerived, growatt],
    }),
    register(m.exportEnergy, {
      address: 0x005c,
      rawType: 'int32',
      wordOrder,
      scalePowerOfTen: 2,
      bounds: { min: 0 },
      sources: [mbmd, openemsDerived],
    }),
  ],
  notes: [
    'Energy imported is 0x003E, the total. Other readers take 0x0042, a partial counter that anybody can reset.',
    'Energy exported is missing on some variants, which refuse it.',
    'The map of EM24 with Ethernet read here would give one phase as the total.',
    'Left out: reactive power, expected at 0x002C and in no source for this meter.',
  ],
};
