// SPDX-License-Identifier: Apache-2.0
// What is said of a window of the market that is over: how many demands of each class it took, and the
// energy that they want to buy and to sell. A leaf of the main log, in its one form.

import type { Result } from '../base/errors.ts';
import {
  type Content,
  choice,
  decodeWith,
  encodeWith,
  listOf,
  refined,
  uint,
} from '../base/fields.ts';
import { record, row } from '../base/records.ts';
import { tradeClasses } from '../base/trade.ts';
import { unixMsField } from '../base/unix-time.ts';

/** Energy in Wh. */
const totalField = row({
  tradeClass: choice(...tradeClasses),
  count: uint(),
  buyWh: uint(),
  sellWh: uint(),
});

export type ClassTotal = Content<typeof totalField>;

const totalsField = refined(
  listOf(totalField, tradeClasses.length),
  'one total for each class, in their order',
  (totals) =>
    totals.length === tradeClasses.length &&
    totals.every(({ tradeClass }, i) => tradeClass === tradeClasses[i]),
);

const windowField = refined(
  record({
    kind: [1, choice('market-window')],
    /** The first instant of it, and the first after it. */
    startMs: [2, unixMsField],
    endMs: [3, unixMsField],
    totals: [4, totalsField],
  }),
  'an end after the beginning',
  ({ startMs, endMs }) => endMs > startMs,
);

export type MarketWindow = Content<typeof windowField>;

export function encodeMarketWindow(window: MarketWindow): Uint8Array {
  return encodeWith(windowField, window);
}

/** Bytes are attacker-controlled. */
export function decodeMarketWindow(bytes: Uint8Array): Result<MarketWindow, 'cbor' | 'form'> {
  return decodeWith(windowField, bytes, { name: 'market window', bytesMax: windowBytesMax });
}

const windowBytesMax = 512;
