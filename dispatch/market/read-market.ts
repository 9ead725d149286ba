// SPDX-License-Identifier: Apache-2.0
// Reads what the market said, as somebody who has a key: what the log holds, and what of it this key opens.

import { fromBase64, toHex } from '../../base/bytes.ts';
import type { Result } from '../../base/errors.ts';
import { TielineError } from '../../base/errors.ts';
import { keyIdOf } from '../../base/ids.ts';
import { nodeSuite as suite } from '../../base/node-suite.ts';
import type { AgreementPair } from '../../base/sealed.ts';
import { nodeSealing as sealing } from '../../host/sealing.ts';
import { openBody } from '../../sidechain/chain/asset.ts';
import { openRecord } from '../../sidechain/chain/main-record.ts';
import { type ApiPlace, askApi, detailOf, textIn, valueIn } from '../api-client.ts';
import { type ReadTrade, readTrade } from '../ledger/judge-trade.ts';

export type MarketRecord = {
  readonly id: string;
  readonly logIndex: number;
  readonly acceptedAt: string;
  /** Key id of its signer, in hex. */
  readonly signer: string;
  readonly trade: ReadTrade;
};

/** A key that may open something. */
export type Reader = {
  readonly publicKey: Uint8Array;
  readonly pair: AgreementPair;
  readonly mainLogId: Uint8Array;
};

/** All from the leaf `from` on. @throws TielineError as `askApi` does, `api-refused`, `market` */
export async function readMarket(place: ApiPlace, from = 0): Promise<readonly MarketRecord[]> {
  const found: MarketRecord[] = [];
  for (let cursor: unknown = from; typeof cursor === 'number'; ) {
    const answer = await askApi(place, `/api/v1/market/records?cursor=${cursor}`);
    const items = valueIn(answer.body, 'items');
    if (answer.status !== 200 || !Array.isArray(items)) {
      throw new TielineError('api-refused', `the centre did not answer: ${detailOf(answer)}`);
    }
    found.push(...items.map(recordOf));
    cursor = valueIn(answer.body, 'next');
  }
  return found;
}

function recordOf(item: unknown): MarketRecord {
  const bytes = fromBase64(textIn(item, 'record') ?? '') ?? new Uint8Array();
  const opened = openRecord(bytes);
  const trade = opened.ok ? readTrade(opened.value) : opened;
  if (!opened.ok || !trade.ok) {
    throw new TielineError('market', 'the centre shows a record of the market that is none');
  }
  return {
    id: toHex(suite.sha256(bytes)),
    logIndex: Number(valueIn(item, 'logIndex')),
    acceptedAt: textIn(item, 'acceptedAt') ?? '',
    signer: toHex(opened.value.keyId),
    trade: trade.value,
  };
}

/** The body of an asset. */
export function openedBy(
  { publicKey, pair, mainLogId }: Reader,
  { trade }: MarketRecord,
): Result<Uint8Array, string> | undefined {
  if (trade.kind !== 'asset') return undefined;
  const keyId = keyIdOf(suite, publicKey);
  return openBody(suite, sealing, trade.said, { keyId, pair, mainLogId });
}
