// SPDX-License-Identifier: Apache-2.0
import { metersText } from '../../drivers/commands/meters.ts';
import type { Command } from '../../host/command.ts';

export const meters: Command = {
  name: 'meters',
  summary: 'Lists the meters that Tieline knows, with how each fact about them is known.',
  usage: 'meters [--json]',
  options: { json: { description: 'every register with its provenance, as JSON' } },
  run: async ({ values, print }) => {
    print(metersText({ json: values.json === true }));
    return 0;
  },
};
