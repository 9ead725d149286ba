// SPDX-License-Identifier: Apache-2.0
// Peacefair PZEM-004T v3, PZEM-014 and PZEM-016: one phase, integers, low word first, no direction.

import { measurands as m } from '../measurand.ts';
import { type MeterDefinition, register } from '../meter-definition.ts';

const library = 'mandulaj/PZEM-004T-v30, src/PZEM004Tv30.cpp';
const wirenboard = 'wirenboard/wb-mqtt-serial, templates/config-pzem-016.json';
const both = [library, wirenboard];
const wordOrder = 'low-word-first';

export const peacefairPzem004t: MeterDefinition = {
  id: 'peacefair-pzem004t',
  vendor: 'Peacefair',
  model: 'PZEM-004T v3, PZEM-014, PZEM-016',
  functionCode: 4,
  registersPerReadMax: 125,
  serial: null,
  registers: [
    register(m.voltageL1, {
      address: 0x0000,
      rawType: 'uint16',
      scalePowerOfTen: -1,
      bounds: { min: 0 },
      sources: both,
    }),
    register(m.currentL1, {
      address: 0x0001,
      rawType: 'uint32',
      wordOrder,
      scalePowerOfTen: -3,
      bounds: { min: 0 },
      sources: both,
    }),
    register(m.activePower, {
      address: 0x0003,
      rawType: 'uint32',
      wordOrder,
      scalePowerOfTen: -1,
      sources: both,
    }),
    register(m.importEnergy, {
      address: 0x0005,
      rawType: 'uint32',
      wordOrder,
      bounds: { min: 0 },
      sources: [library],
    }),
    register(m.frequency, {
      address: 0x0007,
      rawType: 'uint16',
      scalePowerOfTen: -1,
      bounds: { min: 45, max: 65 },
      sources: both,
    }),
    register(m.powerFactor, {
      address: 0x0008,
      rawType: 'uint16',
      scalePowerOfTen: -2,
      bounds: { min: -1, max: 1 },
      sources: both,
    }),
  ],
  notes: [
    'Power has no sign: what is fed in counts as taken.',
    'Anybody on the bus can set the energy to zero with function 0x42.',
    'One source says 1 Wh a count, another 0.1 Wh for PZEM-016: check it.',
  ],
};
