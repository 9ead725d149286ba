// SPDX-License-Identifier: Apache-2.0
import { fromUtf8, toHex } from '../../base/bytes.ts';
import { formatDecimal } from '../../base/decimal.ts';
import { isPlain } from '../../base/label.ts';
import { type Command, textOf, type Values } from '../../host/command.ts';
import { readAgreementPair, readKeyFile } from '../../host/key-file.ts';
import { readMainLog } from '../govern.ts';
import type { ReadTrade } from '../ledger/judge-trade.ts';
import { type MarketRecord, openedBy, type Reader, readMarket } from '../market/read-market.ts';
import { apiOptions, apiPlaceOf } from './api-options.ts';

const name = 'market list';

export const marketList: Command = {
  name,
  summary: 'Lists what the market said, and opens what a key can open.',
  usage: `${name} [--key FILE --main-log FILE] [options]`,
  options: {
    key: { value: 'FILE', description: 'of a person or a gateway; opens what is sealed for it' },
    'main-log': { value: 'FILE', description: 'main-log.json, with a key' },
    ...apiOptions,
    json: { description: 'one JSON object a line' },
  },
  run: async ({ values, print }) => {
    const reader = await readerOf(values);
    for (const record of await readMarket(await apiPlaceOf(values))) {
      const opened = reader && openedBy(reader, record);
      const body = opened?.ok ? fromUtf8(opened.value) : undefined;
      const bodyHex = opened?.ok ? toHex(opened.value) : undefined;
      // What was sealed for this key and is not what was announced has to be seen.
      const flaw = opened?.ok === false && opened.code !== 'no-reader' ? opened.detail : undefined;
      if (values.json === true) print(JSON.stringify({ ...shown(record), body, bodyHex, flaw }));
      else {
        const plain = body !== undefined && isPlain(body) ? body : bodyHex;
        const told = flaw === undefined ? plain : `NOT AS ANNOUNCED: ${flaw}`;
        print(`${lineOf(record)}${told === undefined ? '' : `\n    ${told}`}`);
      }
    }
    return 0;
  },
};

async function readerOf(values: Values): Promise<Reader | undefined> {
  const key = textOf(values, 'key');
  if (key === undefined) return undefined;
  const { id: mainLogId } = await readMainLog(textOf(values, 'main-log') ?? 'main-log.json');
  const { publicKey } = await readKeyFile(key);
  return { publicKey, pair: await readAgreementPair(key), mainLogId };
}

function shown({ id, logIndex, acceptedAt, signer, trade }: MarketRecord) {
  return { id, logIndex, acceptedAt, signer, kind: trade.kind, ...saidOf(trade) };
}

function saidOf(trade: ReadTrade): Readonly<Record<string, unknown>> {
  switch (trade.kind) {
    case 'demand': {
      const { tradeClass, direction, energyWh, fromMs, toMs } = trade.said;
      const [from, to] = [fromMs, toMs].map((ms) => new Date(ms).toISOString());
      return { class: tradeClass, direction, energyWh, from, to, priceLimit: priceOf(trade.said) };
    }
    case 'asset': {
      const { title, answers, readers, chain } = trade.said;
      const to = readers.map((one) => (one.kind === 'chain' ? toHex(one.id) : one.name));
      return { title, to, answers: answers && toHex(answers), chain: chain && toHex(chain) };
    }
    case 'agreement':
      return { answer: toHex(trade.said.answer) };
    case 'execution': {
      const { answer, chain, text } = trade.said;
      return { answer: toHex(answer), chain: toHex(chain), text };
    }
  }
}

function priceOf({ priceLimit }: Extract<ReadTrade, { kind: 'demand' }>['said']): string | null {
  if (priceLimit === null) return null;
  const [mantissa, exponent, currency] = priceLimit;
  return `${formatDecimal({ mantissa, exponent })} ${currency}/MWh`;
}

function lineOf(record: MarketRecord): string {
  const { id, logIndex, acceptedAt, trade } = record;
  const said = Object.entries(saidOf(trade))
    .filter(([, value]) => value !== null)
    .map(([field, value]) => `${field} ${Array.isArray(value) ? value.join(', ') : value}`);
  const leaf = `leaf ${logIndex}`.padEnd(10);
  return `${leaf} ${acceptedAt}  ${trade.kind.padEnd(9)}  ${id}\n    ${said.join('; ')}`;
}
