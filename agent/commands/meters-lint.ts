// SPDX-License-Identifier: Apache-2.0
// `tieline meters lint`: checks a user's own meter definition.

import { readsOf } from '../../drivers/modbus/modbus-device.ts';
import type { Command } from '../../host/command.ts';
import { loadMeterFile } from '../meter-file.ts';

export const metersLint: Command = {
  name: 'meters lint',
  summary: 'Checks a meter definition of your own, and tells every problem with its place.',
  usage: 'meters lint FILE',
  options: {},
  positionals: ['FILE'],
  notes: `A definition in YAML:

  id: acme-m1
  vendor: Acme
  model: M1
  source: maker's manual, revision 3
  functionCode: 3
  registers:
    - { measures: voltageL1, address: 0x0000, rawType: uint16, scalePowerOfTen: -1 }
    - { measures: importEnergy, address: 0x0010, rawType: uint32, scalePowerOfTen: 1 }

A configuration and \`tieline read --meter\` take the file where they take an id: ./acme-m1.yaml`,
  run: async ({ positionals: [file = ''], print }) => {
    const definition = loadMeterFile(file);
    const { request } = readsOf(definition);
    print(`${definition.id}: ${definition.registers.length} values, read as ${request}`);
    return 0;
  },
};
