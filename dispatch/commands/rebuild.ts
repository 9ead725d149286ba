// SPDX-License-Identifier: Apache-2.0
import { type Command, required } from '../../host/command.ts';
import { rebuildHistory } from '../rebuild.ts';

const name = 'dispatch rebuild';

export const dispatchRebuild: Command = {
  name,
  summary: 'Makes the history again from what was accepted.',
  usage: `${name} --config FILE [--json]`,
  options: {
    config: { value: 'FILE', description: 'dispatch.yaml' },
    json: { description: 'say it as JSON, the progress as a line for each page' },
  },
  notes: `With SQLite, stop the node first: the file is its own. With PostgreSQL it may run; until
all is read in again, answers lack what is not. Nothing that was accepted is touched.`,
  run: async ({ values, print, ending }) => {
    const isJson = values.json === true;
    const made = await rebuildHistory({
      configPath: required(name, values, 'config'),
      ending,
      onProgress: ({ done, of }) => {
        print(isJson ? JSON.stringify({ done, of }) : `${done} of ${of} messages`);
      },
    });
    const { kind, done } = made;
    print(
      isJson
        ? JSON.stringify({ ...made, finished: true })
        : `made again: ${kind}, ${done} messages`,
    );
    return 0;
  },
};
