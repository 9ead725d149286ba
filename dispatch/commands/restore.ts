// SPDX-License-Identifier: Apache-2.0
import {
  type Command,
  required,
  usageError,
  type Values,
  wholeNumber,
} from '../../host/command.ts';
import { restore, trustCopy } from '../backup.ts';
import { type DispatchConfig, loadDispatchConfig } from '../config.ts';
import { restoreNode, trustNodeCopy } from '../node-copy.ts';
import type { LedgerAudit } from '../store/audit-ledger.ts';
import { auditJson, auditLines } from './audit-text.ts';

const name = 'dispatch restore';
const defaultMinutes = 60;

export const dispatchRestore: Command = {
  name,
  summary: 'Brings the ledger of a dispatch node back from a copy, where none is left.',
  usage: `${name} --config FILE (--from PATH [--listen-minutes N] | --trust-copy) [--json]`,
  options: {
    config: { value: 'FILE', description: 'dispatch.yaml' },
    from: { value: 'PATH', description: 'the copy; it is verified first' },
    'listen-minutes': {
      value: 'N',
      description: `how long it listens before it signs, by default ${defaultMinutes}`,
    },
    'trust-copy': { description: 'sign at once: you know that nothing was signed after the copy' },
    json: { description: 'say what was restored as JSON' },
  },
  notes:
    'A copy older than the last receipt would sign a second history of the main log. So the node\n' +
    'takes nothing at first, and listens whether any gateway holds a receipt of a longer log:\n' +
    'longer than the longest interval between anchors. If one does, it says `ledger-older` and takes\n' +
    'nothing: stop it, and restore a newer copy. If none does, it goes on by itself.\n' +
    'A node in a consortium comes back without its vote, fetches what the others decided, and votes\n' +
    'from there on. There --trust-copy says: it has not run since the copy was made.',
  run: async ({ values, print }) => {
    const config = loadDispatchConfig(required(name, values, 'config'));
    if (values['trust-copy'] === true) {
      if (values.from !== undefined) throw usageError('--trust-copy comes after --from', name);
      await trust(config);
      print(
        values.json === true ? JSON.stringify({ trusted: true }) : 'trusted   the copy as it is',
      );
      return 0;
    }
    const from = required(name, values, 'from');
    const { audit, next } = await bringBack(config, from, values);
    if (values.json === true) print(auditJson(audit, from));
    else {
      for (const line of auditLines(audit, `restored  ${from}`)) print(line);
      print(`next      start the node: it ${next}`);
    }
    return 0;
  },
};

async function bringBack(
  config: DispatchConfig,
  from: string,
  values: Values,
): Promise<{ readonly audit: LedgerAudit; readonly next: string }> {
  const { data, consortium } = config;
  if (consortium === undefined) {
    const minutes =
      wholeNumber(name, values, { name: 'listen-minutes', min: 1, max: 10_080 }) ?? defaultMinutes;
    const audit = await restore(config, { from, listenMs: minutes * 60_000 });
    return { audit, next: `listens for ${minutes} minutes before it signs` };
  }
  if (values['listen-minutes'] !== undefined) {
    throw usageError('a node in a consortium hears the others, not gateways', name);
  }
  const audit = await restoreNode({ data, consortium }, from);
  return { audit, next: 'votes when it has what the others have decided' };
}

async function trust({ data, consortium }: DispatchConfig): Promise<void> {
  if (consortium === undefined) trustCopy({ data });
  else await trustNodeCopy({ data, consortium });
}
