// SPDX-License-Identifier: Apache-2.0
// Chint DTSU666 with Chint's own firmware: three phases. Floats in tenths, hundredths and thousandths
// of the unit; other firmwares under the same name have other maps.

import { measurands as m } from '../measurand.ts';
import { type MeterDefinition, register } from '../meter-definition.ts';

const mbmd = 'volkszaehler/mbmd, meters/rs485/dtsu666.go';
const openems = 'OpenEMS/openems, pull request 3728, MeterChintDtsu666Impl.java';
const smartEvse = 'dingo35/SmartEVSE-3.5, SmartEVSE-3/src/meter.cpp, EMConfig, row Chint 3P';
const both = [mbmd, openems];

export const chintDtsu666: MeterDefinition = {
  id: 'chint-dtsu666',
  vendor: 'Chint',
  model: 'DTSU666 (firmware of Chint)',
  functionCode: 3,
  registersPerReadMax: 125,
  serial: null,
  registers: [
    register(m.voltageL1, {
      address: 0x2006,
      scalePowerOfTen: -1,
      bounds: { min: 0 },
      sources: both,
    }),
    register(m.voltageL2, {
      address: 0x2008,
      scalePowerOfTen: -1,
      bounds: { min: 0 },
      sources: both,
    }),
    register(m.voltageL3, {
      address: 0x200a,
      scalePowerOfTen: -1,
      bounds: { min: 0 },
      sources: both,
    }),
    register(m.currentL1, {
      address: 0x200c,
      scalePowerOfTen: -3,
      bounds: { min: 0 },
      sources: [mbmd, smartEvse, openems],
    }),
    register(m.currentL2, {
      address: 0x200e,
      scalePowerOfTen: -3,
      bounds: { min: 0 },
      sources: both,
    }),
    register(m.currentL3, {
      address: 0x2010,
      scalePowerOfTen: -3,
      bounds: { min: 0 },
      sources: both,
    }),
    register(m.activePower, {
      address: 0x2012,
      scalePowerOfTen: -1,
      sources: [mbmd, smartEvse, openems],
    }),
    register(m.activePowerL1, { address: 0x2014, scalePowerOfTen: -1, sources: both }),
    register(m.activePowerL2, { address: 0x2016, scalePowerOfTen: -1, sources: both }),
    register(m.activePowerL3, { address: 0x2018, scalePowerOfTen: -1, sources: both }),
    register(m.reactivePower, { address: 0x201a, scalePowerOfTen: -1, sources: [mbmd] }),
    register(m.powerFactor, {
      address: 0x202a,
      scalePowerOfTen: -3,
      bounds: { min: -1, max: 1 },
      sources: both,
    }),
    register(m.frequency, {
      address: 0x2044,
      scalePowerOfTen: -2,
      bounds: { min: 45, max: 65 },
      sources: both,
    }),
    register(m.importEnergy, {
      address: 0x101e,
      scalePowerOfTen: 3,
      bounds: { min: 0 },
      sources: [mbmd, smartEvse],
    }),
    register(m.exportEnergy, {
      address: 0x1028,
      scalePowerOfTen: 3,
      bounds: { min: 0 },
      sources: [mbmd, smartEvse],
    }),
  ],
  notes: [
    "At least five maps carry this model name, and this one only fits the maker's own firmware: check that P is about the sum of U·I·PF.",
    'Energy stands at 0x101E and 0x1028 here; other firmwares have it at 0x401E or 0x4000.',
    "Left out: the firmware of Sungrow (integers from 0x0061), which only a user's words describe, and DTSU666-H (Huawei), another map.",
  ],
};
