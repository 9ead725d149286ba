// SPDX-License-Identifier: Apache-2.0
import { parseDecimal, safeInteger } from '../../base/decimal.ts';
import { tradeClasses, tradeDirections } from '../../base/trade.ts';
import { tradeLimits } from '../../base/trade-limits.ts';
import {
  type Command,
  required,
  textOf,
  usageError,
  type Values,
  wholeNumber,
} from '../../host/command.ts';
import { type Demand, encodeDemand } from '../../sidechain/chain/demand.ts';
import { parseTime } from '../api/time-query.ts';
import { hashOf, say, sayingOf, sayNotes, sayOptions } from './market-say.ts';

const name = 'market demand';

export const marketDemand: Command = {
  name,
  summary: 'Says on the main log what is to be bought or sold, of which class, and when.',
  usage: `${name} --class CLASS --direction buy|sell --from TIME --to TIME --energy WH [options]`,
  options: {
    class: { value: 'CLASS', description: tradeClasses.join(', ') },
    direction: { value: 'WORD', description: tradeDirections.join(' or ') },
    from: { value: 'TIME', description: 'begin of the delivery, ISO 8601' },
    to: { value: 'TIME', description: 'end of the delivery' },
    energy: { value: 'WH', description: 'over the whole of it, in Wh' },
    price: { value: 'DECIMAL', description: 'limit for one MWh; by default none is said' },
    currency: { value: 'CODE', description: 'of the limit, ISO 4217; by default EUR' },
    chain: { value: 'ID', description: 'where a gateway of this chain signs, not a person' },
    ...sayOptions,
  },
  notes: sayNotes,
  run: async ({ values, print }) => {
    const saying = await sayingOf(name, values);
    const content = encodeDemand(demandOf(values, saying.nowMs));
    return say(saying, { kind: 'demand', content }, { values, print });
  },
};

function demandOf(values: Values, timeMs: number): Demand {
  const tradeClass = wordOf(values, 'class', tradeClasses);
  const direction = wordOf(values, 'direction', tradeDirections);
  const energy = { name: 'energy', min: 1, max: tradeLimits.energyWhMax };
  const [fromMs, toMs] = [timeOf(values, 'from'), timeOf(values, 'to')];
  if (toMs <= fromMs || toMs - fromMs > tradeLimits.deliveryMsMax) {
    throw usageError('--to is after --from, by 366 days at most', name);
  }
  required(name, values, 'energy');
  return {
    ...{ tradeClass, direction, fromMs, toMs },
    energyWh: wholeNumber(name, values, energy) ?? 0,
    priceLimit: priceOf(values),
    chain: hashOf(name, values, 'chain'),
    timeMs,
  };
}

function wordOf<Word extends string>(values: Values, option: string, words: readonly Word[]): Word {
  const given = required(name, values, option);
  const word = words.find((one) => one === given);
  if (word !== undefined) return word;
  throw usageError(`--${option} is ${words.join(' or ')}`, name);
}

function timeOf(values: Values, option: string): number {
  const time = parseTime(required(name, values, option));
  if (time.ok) return time.value;
  throw usageError(`--${option}: ${time.detail}`, name);
}

function priceOf(values: Values): Demand['priceLimit'] {
  const text = textOf(values, 'price');
  if (text === undefined) return null;
  const decimal = parseDecimal(text);
  const mantissa = decimal && safeInteger(decimal.mantissa);
  const exponent = decimal?.exponent ?? 0;
  const currency = textOf(values, 'currency') ?? 'EUR';
  if (mantissa === undefined || -exponent > tradeLimits.priceExponentMax) {
    const digits = tradeLimits.priceExponentMax;
    throw usageError(`--price is a decimal with at most ${digits} digits behind the point`, name);
  }
  if (/^[A-Z]{3}$/.test(currency)) return [mantissa, exponent, currency];
  throw usageError('--currency is three letters, as EUR or CNY', name);
}
