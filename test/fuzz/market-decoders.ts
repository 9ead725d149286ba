// SPDX-License-Identifier: Apache-2.0
// The decoders of what is said in the market.

import { tradeClasses } from '../../base/trade.ts';
import { decodeMarketWindow, encodeMarketWindow } from '../../contracts/market-window.ts';
import { decodeAgreement, decodeExecution } from '../../sidechain/chain/agreement.ts';
import { decodeAsset } from '../../sidechain/chain/asset.ts';
import { decodeDemand } from '../../sidechain/chain/demand.ts';
import { openRecord } from '../../sidechain/chain/main-record.ts';
import {
  agreementBy,
  assetBy,
  demandBy,
  dispatcher,
  executionBy,
  idOf,
  trader,
} from '../unit/dispatch/trade-log.ts';
import type { Decoder } from './decoder.ts';

function contentOf(record: Uint8Array): Uint8Array {
  const opened = openRecord(record);
  return opened.ok ? opened.value.content : new Uint8Array();
}

const asset = assetBy(trader.grid);
const answer = idOf(asset);
const totals = tradeClasses.map((tradeClass) => ({ tradeClass, count: 1, buyWh: 2, sellWh: 0 }));

export const marketDecoders: readonly Decoder[] = [
  { name: 'demand', samples: [contentOf(demandBy(trader.grid))], read: decodeDemand },
  { name: 'asset', samples: [contentOf(asset)], read: decodeAsset },
  {
    name: 'agreement',
    samples: [contentOf(agreementBy(trader.grid, answer))],
    read: decodeAgreement,
  },
  {
    name: 'execution',
    samples: [contentOf(executionBy(dispatcher.grid, answer, answer))],
    read: decodeExecution,
  },
  {
    name: 'market-window',
    samples: [encodeMarketWindow({ kind: 'market-window', startMs: 0, endMs: 900_000, totals })],
    read: decodeMarketWindow,
  },
];
