// SPDX-License-Identifier: Apache-2.0
// A demand: what somebody wants to buy or to sell, of which class, when, how much, and at what price at
// most (or at least). Its window is that in which the main log takes it, not one that it names.

import { accept, type Result, refuse } from '../../base/errors.ts';
import {
  bytes,
  type Content,
  choice,
  decodeWith,
  encodeWith,
  int,
  nullable,
  refined,
  text,
  tuple,
  uint,
} from '../../base/fields.ts';
import { record } from '../../base/records.ts';
import { tradeClasses, tradeDirections } from '../../base/trade.ts';
import { tradeLimits } from '../../base/trade-limits.ts';
import { unixMsField } from '../../base/unix-time.ts';

const currency = refined(text(3), 'a currency (ISO 4217)', (code) => /^[A-Z]{3}$/.test(code));

/** Mantissa, exponent, currency: for one MWh. */
const priceField = tuple(
  int(),
  int(-tradeLimits.priceExponentMax, tradeLimits.priceExponentMax),
  currency,
);

const demandField = refined(
  record({
    tradeClass: [1, choice(...tradeClasses)],
    direction: [2, choice(...tradeDirections)],
    /** Delivery interval. */
    fromMs: [3, unixMsField],
    toMs: [4, unixMsField],
    energyWh: [5, uint(tradeLimits.energyWhMax)],
    priceLimit: [6, nullable(priceField)],
    /** Whose member has signed it; null: a person has. */
    chain: [7, nullable(bytes(32))],
    /** When, by the word of who signs: two alike are two. */
    timeMs: [8, unixMsField],
  }),
  'energy, and a delivery interval of at most 366 days',
  ({ energyWh, fromMs, toMs }) =>
    energyWh > 0 && toMs > fromMs && toMs - fromMs <= tradeLimits.deliveryMsMax,
);

export type Demand = Content<typeof demandField>;

/** @throws InvariantError for what `openDemand` would refuse. */
export function encodeDemand(demand: Demand): Uint8Array {
  return encodeWith(demandField, demand);
}

/** Bytes are attacker-controlled. */
export function decodeDemand(content: Uint8Array): Result<Demand, 'demand'> {
  const bytesMax = tradeLimits.demandBytesMax;
  const read = decodeWith(demandField, content, { name: 'demand', bytesMax });
  return read.ok ? accept(read.value) : refuse('demand', read.detail);
}
