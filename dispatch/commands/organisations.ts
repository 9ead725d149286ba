// SPDX-License-Identifier: Apache-2.0
import type { Command } from '../../host/command.ts';
import { fetchRegistry } from '../govern.ts';
import { apiOptions, apiPlaceOf } from './api-options.ts';

export const dispatchOrganisations: Command = {
  name: 'dispatch organisations',
  summary: 'Lists the organisations that take part in the main log, with their roles.',
  usage: 'dispatch organisations [--api URL] [--token-file FILE] [--json]',
  options: { ...apiOptions, json: { description: 'say it as JSON' } },
  run: async ({ values, print }) => {
    const { version, mainLog, organisations } = await fetchRegistry(await apiPlaceOf(values));
    if (values.json === true) {
      print(JSON.stringify({ version, mainLog, organisations }));
      return 0;
    }
    print(`registry ${version} of ${mainLog.origin}`);
    for (const { name, roles, governanceKey, keepsLog } of organisations) {
      const besides = [keepsLog ? 'keeps the log' : '', governanceKey === null ? '' : 'votes'];
      const said = besides.filter((word) => word !== '').join(', ');
      print(`${name.padEnd(24)}  ${roles.join(', ').padEnd(32)}  ${said}`.trimEnd());
    }
    return 0;
  },
};
