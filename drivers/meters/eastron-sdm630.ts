// SPDX-License-Identifier: Apache-2.0
// Eastron SDM630-Modbus (v1, v2, MID): three phases, direct connection up to 100 A. Input
// registers, all float32.

import { measurands as m } from '../measurand.ts';
import { type MeterDefinition, register } from '../meter-definition.ts';

const mbmd = 'volkszaehler/mbmd, meters/rs485/sdm.go';
const openems = 'OpenEMS/openems, io.openems.edge.meter.eastron, MeterEastronSdm630Impl.java';
const smartEvse = 'dingo35/SmartEVSE-3.5, SmartEVSE-3/src/meter.cpp, EMConfig';

// 230 V + 20 %, 100 A + 20 %; three phases of that.
const voltage = { min: 0, max: 276 };
const current = { min: 0, max: 120 };
const phasePower = { min: -33_200, max: 33_200 };
const totalPower = { min: -99_400, max: 99_400 };
// 99.4 kW are 28 Wh in a second; the float's own step is 15.6 Wh above 131 072 kWh.
const energy = { min: 0, maxStepPerSecond: 44 };

const kilo = 3;

export const eastronSdm630: MeterDefinition = {
  id: 'eastron-sdm630',
  vendor: 'Eastron',
  model: 'SDM630-Modbus (v1, v2, MID)',
  functionCode: 4,
  registersPerReadMax: 80,
  serial: null,
  registers: [
    register(m.voltageL1, { address: 0x00, bounds: voltage, sources: [mbmd, openems, smartEvse] }),
    register(m.voltageL2, { address: 0x02, bounds: voltage, sources: [mbmd, openems] }),
    register(m.voltageL3, { address: 0x04, bounds: voltage, sources: [mbmd, openems] }),
    register(m.currentL1, { address: 0x06, bounds: current, sources: [mbmd, openems, smartEvse] }),
    register(m.currentL2, { address: 0x08, bounds: current, sources: [mbmd, openems] }),
    register(m.currentL3, { address: 0x0a, bounds: current, sources: [mbmd, openems] }),
    register(m.activePowerL1, { address: 0x0c, bounds: phasePower, sources: [mbmd, openems] }),
    register(m.activePowerL2, { address: 0x0e, bounds: phasePower, sources: [mbmd, openems] }),
    register(m.activePowerL3, { address: 0x10, bounds: phasePower, sources: [mbmd, openems] }),
    register(m.activePower, {
      address: 0x34,
      bounds: totalPower,
      sources: [mbmd, openems, smartEvse],
    }),
    register(m.reactivePower, { address: 0x3c, bounds: totalPower, sources: [mbmd, openems] }),
    register(m.powerFactor, { address: 0x3e, bounds: { min: -1, max: 1 }, sources: [mbmd] }),
    register(m.frequency, {
      address: 0x46,
      bounds: { min: 45, max: 65 },
      sources: [mbmd, openems],
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
    'Reads of more than 80 registers are refused (noted by SmartEVSE).',
    'Energy is a float32: above 131 072 kWh neighbouring values are 15.6 Wh apart.',
  ],
};
