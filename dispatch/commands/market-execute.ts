// SPDX-License-Identifier: Apache-2.0
import { tradeLimits } from '../../base/trade-limits.ts';
import { type Command, required, usageError } from '../../host/command.ts';
import { encodeExecution } from '../../sidechain/chain/agreement.ts';
import { requiredHash, say, sayingOf, sayNotes, sayOptions } from './market-say.ts';

const name = 'market execute';

export const marketExecute: Command = {
  name,
  summary: 'Says, as a dispatcher, what a chain of your own does for what was concluded.',
  usage: `${name} --answer ID --chain ID --text TEXT --main-log FILE --key FILE [options]`,
  options: {
    answer: { value: 'ID', description: 'the asset that both have signed for' },
    chain: { value: 'ID', description: 'who does it' },
    text: { value: 'TEXT', description: `what, in ${tradeLimits.executionTextMax} characters` },
    ...sayOptions,
  },
  notes: `It is a record, and no device obeys it.\n\n${sayNotes}`,
  run: async ({ values, print }) => {
    const saying = await sayingOf(name, values);
    const text = required(name, values, 'text');
    if (text.length > tradeLimits.executionTextMax) throw usageError('--text is too long', name);
    const answer = requiredHash(name, values, 'answer');
    const chain = requiredHash(name, values, 'chain');
    const content = encodeExecution({ answer, chain, text });
    return say(saying, { kind: 'execution', content }, { values, print });
  },
};
