// SPDX-License-Identifier: Apache-2.0
import { nodeSuite } from '../../base/node-suite.ts';
import { type Command, required, textOf } from '../../host/command.ts';
import { scrubDataDirectory, scrubJson, scrubText } from '../chain-scrub.ts';

export const chainScrub: Command = {
  name: 'chain scrub',
  summary: 'Finds what has rotted in the log of a gateway, and takes it from another copy.',
  usage: 'chain scrub --data DIR [--from DIR] [--json]',
  options: {
    data: { value: 'DIR', description: "the gateway's data directory" },
    from: {
      value: 'DIR',
      description: 'data directory of another member, or a copy; the gateway must be stopped',
    },
    json: { description: 'what was found, as JSON' },
  },
  notes:
    'Without --from nothing is changed, and the gateway may run. A running gateway looks its log over by\n' +
    'itself, and asks the other members for what is damaged.\n\n' +
    'Exit code 0 when the log is as it was written, or is again; 1 when an entry is still damaged.',
  run: async ({ values, print }) => {
    const report = await scrubDataDirectory(nodeSuite, {
      dataDir: required('chain scrub', values, 'data'),
      from: textOf(values, 'from'),
    });
    print(values.json === true ? scrubJson(report) : scrubText(report));
    return report.damaged.every(({ repaired }) => repaired) ? 0 : 1;
  },
};
