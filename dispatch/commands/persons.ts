// SPDX-License-Identifier: Apache-2.0
import type { Command } from '../../host/command.ts';
import { fetchRegistry } from '../govern.ts';
import { apiOptions, apiPlaceOf } from './api-options.ts';

export const dispatchPersons: Command = {
  name: 'dispatch persons',
  summary: 'Lists the persons of the main log: key id, roles, organisation.',
  usage: 'dispatch persons [--api URL] [--token-file FILE] [--json]',
  options: { ...apiOptions, json: { description: 'say it as JSON' } },
  run: async ({ values, print }) => {
    const { version, mainLog, persons } = await fetchRegistry(await apiPlaceOf(values));
    if (values.json === true) {
      print(JSON.stringify({ version, mainLog, persons }));
      return 0;
    }
    print(`registry ${version} of ${mainLog.origin}`);
    for (const { keyId, name, roles, organisation } of persons) {
      print(`${keyId}  ${name.padEnd(24)}  ${organisation.padEnd(24)}  ${roles.join(', ')}`);
    }
    return 0;
  },
};
