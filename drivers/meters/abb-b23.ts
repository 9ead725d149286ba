// SPDX-License-Identifier: Apache-2.0
// ABB B21, B23, B24: integers; what is not measured reads as the highest value of its type.

import { measurands as m } from '../measurand.ts';
import { type MeterDefinition, provenance, register } from '../meter-definition.ts';

const mbmd = 'volkszaehler/mbmd, meters/rs485/abb.go';
const victron = 'victronenergy/dbus-modbus-client, abb.py';
const smartEvse = 'dingo35/SmartEVSE-3.5, SmartEVSE-3/src/meter.cpp, EMConfig, row ABB';
const both = [mbmd, victron];

export const abbB23: MeterDefinition = {
  id: 'abb-b23',
  vendor: 'ABB',
  model: 'B21, B23, B24',
  functionCode: 3,
  registersPerReadMax: 125,
  serial: null,
  identification: {
    address: 0x8960,
    count: 2,
    models: { 1110585632: 'B21', 1110586144: 'B23', 1110586400: 'B24' },
    provenance: provenance(victron),
  },
  registers: [
    register(m.voltageL1, {
      address: 0x5b00,
      rawType: 'uint32',
      scalePowerOfTen: -1,
      unavailable: 'highest',
      bounds: { min: 0 },
      sources: [mbmd, victron, smartEvse],
    }),
    register(m.voltageL2, {
      address: 0x5b02,
      rawType: 'uint32',
      scalePowerOfTen: -1,
      unavailable: 'highest',
      bounds: { min: 0 },
      sources: both,
    }),
    register(m.voltageL3, {
      address: 0x5b04,
      rawType: 'uint32',
      scalePowerOfTen: -1,
      unavailable: 'highest',
      bounds: { min: 0 },
      sources: both,
    }),
    register(m.currentL1, {
      address: 0x5b0c,
      rawType: 'uint32',
      scalePowerOfTen: -2,
      unavailable: 'highest',
      bounds: { min: 0 },
      sources: [mbmd, victron, smartEvse],
    }),
    register(m.currentL2, {
      address: 0x5b0e,
      rawType: 'uint32',
      scalePowerOfTen: -2,
      unavailable: 'highest',
      bounds: { min: 0 },
      sources: both,
    }),
    register(m.currentL3, {
      address: 0x5b10,
      rawType: 'uint32',
      scalePowerOfTen: -2,
      unavailable: 'highest',
      bounds: { min: 0 },
      sources: both,
    }),
    register(
      { ...m.activePower, exponent: -2 },
      {
        address: 0x5b14,
        rawType: 'int32',
        scalePowerOfTen: -2,
        unavailable: 'highest',
        sources: [mbmd, victron, smartEvse],
      },
    ),
    register(
      { ...m.activePowerL1, exponent: -2 },
      {
        address: 0x5b16,
        rawType: 'int32',
        scalePowerOfTen: -2,
        unavailable: 'highest',
        sources: both,
      },
    ),
    register(
      { ...m.activePowerL2, exponent: -2 },
      {
        address: 0x5b18,
        rawType: 'int32',
        scalePowerOfTen: -2,
        unavailable: 'highest',
        sources: both,
      },
    ),
    register(
      { ...m.activePowerL3, exponent: -2 },
      {
        address: 0x5b1a,
        rawType: 'int32',
        scalePowerOfTen: -2,
        unavailable: 'highest',
        sources: both,
      },
    ),
    register(m.powerFactor, {
      address: 0x5b3a,
      rawType: 'int16',
      scalePowerOfTen: -3,
      unavailable: 'highest',
      bounds: { min: -1, max: 1 },
      sources: both,
    }),
    register(m.frequency, {
      address: 0x5b2c,
      rawType: 'uint16',
      scalePowerOfTen: -2,
      unavailable: 'highest',
      bounds: { min: 45, max: 65 },
      sources: both,
    }),
    register(m.importEnergy, {
      address: 0x5000,
      rawType: 'uint64',
      scalePowerOfTen: 1,
      unavailable: 'highest',
      bounds: { min: 0 },
      sources: [mbmd, victron, smartEvse],
    }),
    register(m.exportEnergy, {
      address: 0x5004,
      rawType: 'uint64',
      scalePowerOfTen: 1,
      unavailable: 'highest',
      bounds: { min: 0 },
      sources: [mbmd, victron, smartEvse],
    }),
  ],
  notes: [
    'The highest value of a type says that there is none: a B21 gives it for L2 and L3.',
    'Some are labelled with A and B of the bus exchanged.',
    'Left out: reactive power, which is expected at 0x5B1C and in no source.',
  ],
};
