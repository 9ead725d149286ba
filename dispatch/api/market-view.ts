// SPDX-License-Identifier: Apache-2.0
// How the market is shown: windows that are over, and what was said.

import { toBase64, toHex } from '../../base/bytes.ts';
import type { Suite } from '../../base/suite.ts';
import { tradeClasses } from '../../base/trade.ts';
import { tradeKinds } from '../../sidechain/chain/main-record.ts';
import type { StoredRecord } from '../store/registry-store.ts';
import type { StoredWindow } from '../store/trade-store.ts';
import {
  base64,
  chainId,
  closed,
  count,
  keyId,
  listOf,
  type Schema,
  texts,
  time,
} from './answer-schema.ts';
import { formatTime } from './time-query.ts';

const next: Schema = {
  type: ['integer', 'null'],
  description: 'cursor of the page that follows, or null',
};

/** Energy in Wh. */
const total = closed({
  class: { enum: [...tradeClasses] },
  count,
  buyWh: count,
  sellWh: count,
});

export const marketSchemas: Readonly<Record<string, Schema>> = {
  MarketWindowPage: closed({
    items: listOf(closed({ logIndex: count, from: time, to: time, totals: listOf(total) })),
    next,
  }),
  MarketRecordPage: closed({
    items: listOf(
      closed({
        id: chainId,
        logIndex: count,
        kind: { enum: [...tradeKinds] },
        acceptedAt: time,
        record: base64,
      }),
    ),
    next,
  }),
  MarketReaders: closed({
    items: listOf(closed({ keyId, publicKey: chainId, name: texts })),
  }),
};

export function windowView({ logIndex, startMs, endMs, totals }: StoredWindow) {
  return {
    logIndex,
    from: formatTime(startMs),
    to: formatTime(endMs),
    totals: totals.map(({ tradeClass, ...counted }) => ({ class: tradeClass, ...counted })),
  };
}

export function tradeView(suite: Suite, { logIndex, kind, bytes, acceptedMs }: StoredRecord) {
  const id = toHex(suite.sha256(bytes));
  return { id, logIndex, kind, acceptedAt: formatTime(acceptedMs), record: toBase64(bytes) };
}
