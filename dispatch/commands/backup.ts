// SPDX-License-Identifier: Apache-2.0
import { type Command, required } from '../../host/command.ts';
import { backUp } from '../backup.ts';
import { loadDispatchConfig } from '../config.ts';
import { backUpNode } from '../node-copy.ts';
import { auditJson, auditLines } from './audit-text.ts';

const name = 'dispatch backup';

export const dispatchBackup: Command = {
  name,
  summary: 'Copies the ledger of a dispatch node, which may be running, and verifies the copy.',
  usage: `${name} --config FILE --to PATH [--json]`,
  options: {
    config: { value: 'FILE', description: 'dispatch.yaml' },
    to: {
      value: 'PATH',
      description:
        'the copy, a file; of a node in a consortium, a directory; must not be there yet',
    },
    json: { description: 'say what was copied as JSON' },
  },
  notes:
    'The copy holds no key and no token. Keep main-log.key, tokens.json and dispatch.yaml beside it,\n' +
    'once: they do not change by themselves. The history is made again from the ledger.\n' +
    'A node in a consortium is copied whole while it is stopped, with its keys and what it has voted\n' +
    'for: keep that copy as you keep the keys. It is brought back by `dispatch restore` alone, never by\n' +
    'hand: with an older priv_validator_state.json the node would vote twice.',
  run: async ({ values, print }) => {
    const config = loadDispatchConfig(required(name, values, 'config'));
    const to = required(name, values, 'to');
    const { data, consortium } = config;
    const audit = await (consortium ? backUpNode({ data, consortium }, to) : backUp(config, to));
    if (values.json === true) print(auditJson(audit, to));
    else for (const line of auditLines(audit, `copied    ${to}`)) print(line);
    return 0;
  },
};
