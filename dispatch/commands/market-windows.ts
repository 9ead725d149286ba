// SPDX-License-Identifier: Apache-2.0
import { TielineError } from '../../base/errors.ts';
import { type Command, wholeNumber } from '../../host/command.ts';
import { askApi, detailOf, valueIn } from '../api-client.ts';
import { apiOptions, apiPlaceOf } from './api-options.ts';

const name = 'market windows';

type Window = {
  readonly logIndex: number;
  readonly from: string;
  readonly to: string;
  readonly totals: readonly {
    readonly class: string;
    readonly count: number;
    readonly buyWh: number;
    readonly sellWh: number;
  }[];
};

export const marketWindows: Command = {
  name,
  summary: 'Shows what was demanded in each window that is over, by class.',
  usage: `${name} [--last N] [options]`,
  options: {
    last: { value: 'N', description: 'how many, the newest first; by default 8' },
    ...apiOptions,
    json: { description: 'one JSON object a line' },
  },
  run: async ({ values, print }) => {
    const last = wholeNumber(name, values, { name: 'last', min: 1, max: 256 }) ?? 8;
    const answer = await askApi(await apiPlaceOf(values), `/api/v1/market/windows?limit=${last}`);
    if (answer.status !== 200) {
      throw new TielineError('api-refused', `the centre did not answer: ${detailOf(answer)}`);
    }
    for (const window of valueIn(answer.body, 'items') as readonly Window[]) {
      print(values.json === true ? JSON.stringify(window) : textOfWindow(window));
    }
    return 0;
  },
};

function textOfWindow({ from, to, totals, logIndex }: Window): string {
  const lines = totals.map(
    (total) =>
      `  ${total.class.padEnd(18)} ${String(total.count).padStart(6)}` +
      `  buy ${total.buyWh} Wh  sell ${total.sellWh} Wh`,
  );
  return [`${from} to ${to}, leaf ${logIndex}`, ...lines].join('\n');
}
