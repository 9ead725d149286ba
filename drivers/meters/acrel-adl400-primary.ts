// SPDX-License-Identifier: Apache-2.0
// Acrel ADL400, block 0x0800: three phases, transformer ratios already applied (primary side).
// Currents and powers are bounded by the transformers alone, so no plausible maximum is given for
// them.

import { measurands as m } from '../measurand.ts';
import { type MeterDefinition, provenance, register } from '../meter-definition.ts';

const manualReader = "a public reader made from the maker's ADL400 manual, run on four live meters";
const fieldReader = 'a public ADL400/T317 reader with field notes';
const both = [manualReader, fieldReader];

const kilo = 3;
// The counters tick in 0.1 kWh: the mantissa is the register itself.
const hundredWattHours = { exponent: 2, rawType: 'uint32', scalePowerOfTen: 2 } as const;

export const acrelAdl400Primary: MeterDefinition = {
  id: 'acrel-adl400-primary',
  vendor: 'Acrel',
  model: 'ADL400 (block 0x0800, primary side)',
  functionCode: 3,
  registersPerReadMax: 125,
  serial: {
    baudRate: 9600,
    parity: 'even',
    dataBits: 8,
    stopBits: 1,
    provenance: provenance(fieldReader),
  },
  registers: [
    register(m.voltageL1, { address: 0x0800, bounds: { min: 0 }, sources: both }),
    register(m.voltageL2, { address: 0x0802, bounds: { min: 0 }, sources: both }),
    register(m.voltageL3, { address: 0x0804, bounds: { min: 0 }, sources: both }),
    register(m.currentL1, { address: 0x080c, bounds: { min: 0 }, sources: both }),
    register(m.currentL2, { address: 0x080e, bounds: { min: 0 }, sources: both }),
    register(m.currentL3, { address: 0x0810, bounds: { min: 0 }, sources: both }),
    register(m.activePowerL1, { address: 0x0814, scalePowerOfTen: kilo, sources: both }),
    register(m.activePowerL2, { address: 0x0816, scalePowerOfTen: kilo, sources: both }),
    register(m.activePowerL3, { address: 0x0818, scalePowerOfTen: kilo, sources: [manualReader] }),
    register(m.activePower, { address: 0x081a, scalePowerOfTen: kilo, sources: [manualReader] }),
    register(m.reactivePower, { address: 0x0822, scalePowerOfTen: kilo, sources: [manualReader] }),
    register(m.powerFactor, { address: 0x0832, bounds: { min: -1, max: 1 }, sources: both }),
    register(m.frequency, { address: 0x0834, bounds: { min: 45, max: 65 }, sources: both }),
    register(
      { ...m.importEnergy, exponent: hundredWattHours.exponent },
      { ...hundredWattHours, address: 0x084c, bounds: { min: 0 }, sources: both },
    ),
    register(
      { ...m.exportEnergy, exponent: hundredWattHours.exponent },
      { ...hundredWattHours, address: 0x0856, bounds: { min: 0 }, sources: both },
    ),
  ],
  notes: [
    '0x0818 is phase L3 and 0x081A the total; readers in the field took the former for the latter.',
    'Power registers are in kW and kvar.',
    'Delivered with even parity (8E1), unlike most meters.',
  ],
};
