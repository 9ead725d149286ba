// SPDX-License-Identifier: Apache-2.0
import type { Command } from '../../host/command.ts';
import { encodeAgreement } from '../../sidechain/chain/agreement.ts';
import { requiredHash, say, sayingOf, sayNotes, sayOptions } from './market-say.ts';

const name = 'market agree';

export const marketAgree: Command = {
  name,
  summary: 'Takes the terms of an answer, for your organisation; two such words conclude.',
  usage: `${name} --answer ID --main-log FILE --key FILE [options]`,
  options: {
    answer: { value: 'ID', description: 'the asset that answers an offer' },
    ...sayOptions,
  },
  notes: sayNotes,
  run: async ({ values, print }) => {
    const saying = await sayingOf(name, values);
    const content = encodeAgreement({ answer: requiredHash(name, values, 'answer') });
    return say(saying, { kind: 'agreement', content }, { values, print });
  },
};
