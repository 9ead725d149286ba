// SPDX-License-Identifier: Apache-2.0
// Chint DDSU666 with Modbus firmware: one phase, direct connection up to 80 A. All float32; power
// is in kW.

import { measurands as m } from '../measurand.ts';
import { type MeterDefinition, provenance, register } from '../meter-definition.ts';

const tasmota = 'arendst/Tasmota, tasmota/tasmota_xnrg_energy/xnrg_11_ddsu666.ino';
const openems = 'OpenEMS/openems, io.openems.edge.meter.chint, MeterChintDdsu666Impl.java';
const bridge = 'chint-mqtt-modbus-bridge, docs/DDSU666.md';
const smartEvse = 'dingo35/SmartEVSE-3.5, SmartEVSE-3/src/meter.cpp, EMConfig, row Chint 1P';

const power = { min: -26_500, max: 26_500 };
// 26.5 kW are 7.4 Wh in a second; the float's own step is 15.6 Wh above 131 072 kWh.
const energy = { min: 0, maxStepPerSecond: 24 };
const kilo = 3;

export const chintDdsu666: MeterDefinition = {
  id: 'chint-ddsu666',
  vendor: 'Chint',
  model: 'DDSU666 (Modbus firmware)',
  functionCode: 3,
  registersPerReadMax: 125,
  serial: { baudRate: 9600, provenance: provenance(tasmota) },
  registers: [
    register(m.voltageL1, {
      address: 0x2000,
      bounds: { min: 0, max: 276 },
      sources: [tasmota, openems, bridge],
    }),
    register(m.currentL1, {
      address: 0x2002,
      bounds: { min: 0, max: 96 },
      sources: [tasmota, openems, bridge, smartEvse],
    }),
    register(m.activePower, {
      address: 0x2004,
      scalePowerOfTen: kilo,
      bounds: power,
      sources: [tasmota, openems, bridge, smartEvse],
    }),
    register(m.reactivePower, {
      address: 0x2006,
      scalePowerOfTen: kilo,
      bounds: power,
      sources: [tasmota, bridge],
    }),
    register(m.powerFactor, {
      address: 0x200a,
      bounds: { min: -1, max: 1 },
      sources: [tasmota, bridge],
    }),
    register(m.frequency, {
      address: 0x200e,
      bounds: { min: 45, max: 65 },
      sources: [tasmota, openems, bridge],
    }),
    register(m.importEnergy, {
      address: 0x4000,
      scalePowerOfTen: kilo,
      bounds: energy,
      sources: [tasmota, openems, bridge, smartEvse],
    }),
    register(m.exportEnergy, {
      address: 0x400a,
      scalePowerOfTen: kilo,
      bounds: energy,
      sources: [tasmota, bridge, smartEvse],
    }),
  ],
  notes: [
    'Power registers are in kW and kvar; read as W they would be a thousandth.',
    'SmartEVSE divides the voltage by ten; three other sources read plain volts.',
    'Read with function 3 (OpenEMS, SmartEVSE); Tasmota uses 4.',
    'Sold under the same name with DL/T 645 firmware; DDSU666-H (Huawei) is another map.',
  ],
};
