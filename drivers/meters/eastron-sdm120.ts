// SPDX-License-Identifier: Apache-2.0
// Eastron SDM120-Modbus: one phase, direct connection up to 45 A. Input registers, all float32.

import { measurands as m } from '../measurand.ts';
import { type MeterDefinition, register } from '../meter-definition.ts';

const mbmd = 'volkszaehler/mbmd, meters/rs485/sdm120.go';
const wirenBoard = 'wirenboard/wb-mqtt-serial, templates/config-sdm120.json';
const smartEvse = 'dingo35/SmartEVSE-3.5, SmartEVSE-3/src/meter.cpp, EMConfig, row Eastron1P';

const power = { min: -14_900, max: 14_900 };
// 14.9 kW are 4.2 Wh in a second; the float's own step is 15.6 Wh above 131 072 kWh.
const energy = { min: 0, maxStepPerSecond: 20 };
const kilo = 3;

export const eastronSdm120: MeterDefinition = {
  id: 'eastron-sdm120',
  vendor: 'Eastron',
  model: 'SDM120-Modbus',
  functionCode: 4,
  registersPerReadMax: 80,
  serial: null,
  registers: [
    register(m.voltageL1, {
      address: 0x00,
      bounds: { min: 0, max: 276 },
      sources: [mbmd, wirenBoard, smartEvse],
    }),
    register(m.currentL1, {
      address: 0x06,
      bounds: { min: 0, max: 54 },
      sources: [mbmd, wirenBoard, smartEvse],
    }),
    register(m.activePower, {
      address: 0x0c,
      bounds: power,
      sources: [mbmd, wirenBoard, smartEvse],
    }),
    register(m.reactivePower, { address: 0x18, bounds: power, sources: [mbmd, wirenBoard] }),
    register(m.powerFactor, {
      address: 0x1e,
      bounds: { min: -1, max: 1 },
      sources: [mbmd, wirenBoard],
    }),
    register(m.frequency, {
      address: 0x46,
      bounds: { min: 45, max: 65 },
      sources: [mbmd, wirenBoard],
    }),
    register(m.importEnergy, {
      address: 0x48,
      scalePowerOfTen: kilo,
      bounds: energy,
      sources: [mbmd, smartEvse],
    }),
    register(m.exportEnergy, {
      address: 0x4a,
      scalePowerOfTen: kilo,
      bounds: energy,
      sources: [mbmd, smartEvse],
    }),
  ],
  notes: [
    '0x0156 is import plus export, not import: it is left out.',
    'The limit of 80 registers a read is that of the series (noted by SmartEVSE).',
  ],
};
