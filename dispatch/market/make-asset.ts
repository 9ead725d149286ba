// SPDX-License-Identifier: Apache-2.0
// Makes an asset where its author works: asks whose keys it is for, and seals the body for each. Nothing
// but sealed bytes leaves this machine.

import { agreementKeyOf } from '../../base/agreement-key.ts';
import { compare, fromHex, toHex } from '../../base/bytes.ts';
import { TielineError } from '../../base/errors.ts';
import { keyIdOf } from '../../base/ids.ts';
import { nodeSuite as suite } from '../../base/node-suite.ts';
import { tradeLimits } from '../../base/trade-limits.ts';
import { nodeSealing as sealing } from '../../host/sealing.ts';
import { type AssetReader, encodeAsset, sealBody } from '../../sidechain/chain/asset.ts';
import { type ApiPlace, askApi, detailOf, textIn, valueIn } from '../api-client.ts';

export type AssetGiven = {
  readonly title: string;
  readonly body: Uint8Array;
  readonly readers: readonly AssetReader[];
  readonly answers: Uint8Array | null;
  readonly chain: Uint8Array | null;
  readonly mainLogId: Uint8Array;
  readonly timeMs: number;
};

/** @throws TielineError as `askApi` does, `asset` */
export async function makeAsset(place: ApiPlace, given: AssetGiven): Promise<Uint8Array> {
  const { title, body, readers, answers, chain, mainLogId, timeMs } = given;
  if (readers.length === 0 || readers.length > tradeLimits.readersMax) {
    throw asset(`it is for 1 to ${tradeLimits.readersMax} organisations and chains`);
  }
  if (title.length > tradeLimits.titleMax || body.length > tradeLimits.bodyBytesMax) {
    const { titleMax, bodyBytesMax } = tradeLimits;
    throw asset(`a title has ${titleMax} characters at most, a body ${bodyBytesMax} bytes`);
  }
  const keys = await keysFor(place, readers);
  const sealed = sealBody(suite, sealing, { body, keys, mainLogId });
  if (sealed === undefined) throw asset('one of its readers has a key that nothing is sealed for');
  return encodeAsset({ title, answers, readers, ...sealed, chain, timeMs });
}

/** In the order of their ids, each once. */
async function keysFor(place: ApiPlace, readers: readonly AssetReader[]) {
  const keys = new Map<string, { keyId: Uint8Array; agreementKey: Uint8Array }>();
  for (const reader of readers) {
    const query =
      reader.kind === 'chain'
        ? `chain=${toHex(reader.id)}`
        : `organisation=${encodeURIComponent(reader.name)}`;
    const answer = await askApi(place, `/api/v1/market/readers?${query}`);
    const items = valueIn(answer.body, 'items');
    if (answer.status !== 200 || !Array.isArray(items)) throw asset(detailOf(answer));
    for (const item of items) {
      const publicKey = fromHex(textIn(item, 'publicKey') ?? '');
      if (publicKey?.length !== 32) throw asset('the centre names a key that is none');
      const keyId = keyIdOf(suite, publicKey);
      keys.set(toHex(keyId), { keyId, agreementKey: agreementKeyOf(publicKey) });
    }
  }
  return [...keys.values()].sort((a, b) => compare(a.keyId, b.keyId));
}

function asset(detail: string): TielineError {
  return new TielineError('asset', detail, {
    hint: '`tieline dispatch persons` shows who is in the market, and for whom',
  });
}
