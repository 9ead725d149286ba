// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { type Command, required, textOf } from '../../host/command.ts';
import { loadDispatchConfig } from '../config.ts';
import { dispatchFiles } from '../files.ts';
import { offerKey } from '../offer-key.ts';

const name = 'dispatch offer-key';

export const dispatchOfferKey: Command = {
  name,
  summary: 'Makes the next key of a main log, and offers it to those who vote.',
  usage: `${name} --config FILE [--out FILE] [--json]`,
  options: {
    config: { value: 'FILE', description: 'dispatch.yaml of the centre that keeps the log' },
    out: { value: 'FILE', description: 'the offer, by default log-key.offer beside the key' },
    json: { description: 'say what was made as JSON' },
  },
  notes: `The key signs nothing until the organisations have passed the change.
The centre goes on with it by itself then; the old key is put aside as main-log-retired.key, and
may be destroyed.
Upgrade all gateways first: one that does not know a change of keys parts from the others.`,
  run: async ({ values, print }) => {
    const { data } = loadDispatchConfig(required(name, values, 'config'));
    const offered = await offerKey(data, textOf(values, 'out') ?? join(data, 'log-key.offer'));
    if (values.json === true) {
      print(JSON.stringify(offered));
      return 0;
    }
    const { organisation, generation, publicKey, keyPath, path } = offered;
    print(`offered   ${publicKey} by ${organisation}, for generation ${generation}`);
    print(`key       ${keyPath}, made here: it leaves this machine in no backup but yours`);
    const { mainLog } = dispatchFiles(data);
    print('next      tieline dispatch govern propose --key governance.key \\');
    print(`            --main-log ${mainLog} --log-keys ${path}`);
    return 0;
  },
};
