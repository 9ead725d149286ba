// SPDX-License-Identifier: Apache-2.0
import { type Command, required } from '../../host/command.ts';
import { backUp } from '../backup.ts';
import { loadDispatchConfig } from '../config.ts';
import { auditJson, auditLines } from './audit-text.ts';

const name = 'dispatch backup';

export const dispatchBackup: Command = {
  name,
  summary: 'Copies the ledger of a dispatch node, which may be running, and verifies the copy.',
  usage: `${name} --config FILE --to FILE [--json]`,
  options: {
    config: { value: 'FILE', description: 'dispatch.yaml' },
    to: { value: 'FILE', description: 'the copy; must not be there yet' },
    json: { description: 'say what was copied as JSON' },
  },
  notes:
    'The copy holds no key and no token. Keep main-log.key, tokens.json and dispatch.yaml beside it,\n' +
    'once: they do not change by themselves. The history is made again from the ledger.',
  run: async ({ values, print }) => {
    const config = loadDispatchConfig(required(name, values, 'config'));
    const to = required(name, values, 'to');
    const audit = await backUp(config, to);
    if (values.json === true) print(auditJson(audit, to));
    else for (const line of auditLines(audit, `copied    ${to}`)) print(line);
    return 0;
  },
};
