// SPDX-License-Identifier: Apache-2.0
import { type Command, required } from '../../host/command.ts';
import { verifyMirrorFiles } from '../mirror/run-mirror.ts';

const name = 'mirror verify';

export const mirrorVerify: Command = {
  name,
  summary: 'Verifies a mirror again, offline, from the genesis on.',
  usage: `${name} --data DIR --main-log FILE [--json]`,
  options: {
    data: { value: 'DIR', description: 'of the mirror' },
    'main-log': { value: 'FILE', description: 'main-log.json: the keys that are believed' },
    json: { description: 'say it as JSON' },
  },
  notes: 'Ends with 0 where all of it holds, 3 where something does not.',
  run: async ({ values, print }) => {
    const verdict = await verifyMirrorFiles({
      directory: required(name, values, 'data'),
      mainLogPath: required(name, values, 'main-log'),
    });
    const { head, counts, flaws } = verdict;
    if (values.json === true) print(JSON.stringify(verdict));
    else {
      print(`log ${head.size} ${head.root}`);
      print(`${counts.chains} chains, ${counts.anchors} anchors, ${counts.summaries} summaries`);
      for (const flaw of flaws) print(`FLAW ${flaw}`);
      if (flaws.length === 0) print('all of it holds');
    }
    return flaws.length === 0 ? 0 : 3;
  },
};
