// SPDX-License-Identifier: Apache-2.0
// Makes an asset where its author works: asks whose keys it is for, and seals the body for each. Nothing
// but sealed bytes leaves this machine. What was answered last is kept, so that an asset can be made while
// the centre is away; where the readers have changed since, the log refuses it.

import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { agreementKeyOf } from '../../base/agreement-key.ts';
import { compare, fromHex, toHex, utf8 } from '../../base/bytes.ts';
import { TielineError } from '../../base/errors.ts';
import { keyIdOf } from '../../base/ids.ts';
import { nodeSuite as suite } from '../../base/node-suite.ts';
import { tradeLimits } from '../../base/trade-limits.ts';
import { writeFileDurably } from '../../host/files.ts';
import { nodeSealing as sealing } from '../../host/sealing.ts';
import {
  type AssetKey,
  type AssetReader,
  encodeAsset,
  sealBody,
} from '../../sidechain/chain/asset.ts';
import { type ApiPlace, askApi, detailOf, textIn, valueIn } from '../api-client.ts';

export type AssetGiven = {
  readonly title: string;
  readonly body: Uint8Array;
  readonly readers: readonly AssetReader[];
  readonly answers: Uint8Array | null;
  readonly chain: Uint8Array | null;
  readonly mainLogId: Uint8Array;
  readonly timeMs: number;
  /** File in which the readers that the centre named are kept. */
  readonly readersPath: string;
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
  const keys = await keysFor(place, given);
  if (keys.length > tradeLimits.sealedMax) {
    throw asset(
      `its readers have ${keys.length} keys, at most ${tradeLimits.sealedMax} for one asset`,
    );
  }
  const sealed = sealBody(suite, sealing, { body, keys, mainLogId });
  if (sealed === undefined) throw asset('one of its readers has a key that nothing is sealed for');
  return encodeAsset({ title, answers, readers, ...sealed, chain, timeMs });
}

/** In the order of their ids, each once. */
async function keysFor(
  place: ApiPlace,
  { readers, readersPath }: Pick<AssetGiven, 'readers' | 'readersPath'>,
): Promise<readonly AssetKey[]> {
  const known = await readKnown(readersPath);
  const keys = new Map<string, AssetKey>();
  for (const reader of readers) {
    const query =
      reader.kind === 'chain'
        ? `chain=${toHex(reader.id)}`
        : `organisation=${encodeURIComponent(reader.name)}`;
    const found = (await askReaders(place, query)) ?? known[query];
    if (found === undefined) {
      throw asset(`the centre does not answer, and never said who reads for ${query}`);
    }
    known[query] = found;
    for (const text of found) {
      const publicKey = fromHex(text);
      if (publicKey?.length !== 32) throw asset('a key of its readers is none');
      const keyId = keyIdOf(suite, publicKey);
      keys.set(toHex(keyId), { keyId, agreementKey: agreementKeyOf(publicKey) });
    }
  }
  await mkdir(dirname(readersPath), { recursive: true, mode: 0o700 });
  await writeFileDurably(readersPath, utf8(JSON.stringify(known)));
  return [...keys.values()].sort((a, b) => compare(a.keyId, b.keyId));
}

/** Public keys in hex; undefined where the centre does not answer. */
async function askReaders(place: ApiPlace, query: string): Promise<readonly string[] | undefined> {
  try {
    const answer = await askApi(place, `/api/v1/market/readers?${query}`);
    const items = valueIn(answer.body, 'items');
    if (answer.status !== 200 || !Array.isArray(items)) throw asset(detailOf(answer));
    return items.map((item) => textIn(item, 'publicKey') ?? '');
  } catch (error) {
    if (error instanceof TielineError && error.code === 'api-unreachable') return undefined;
    throw error;
  }
}

/** What was answered before, by query; nothing where it is none or cannot be read. */
async function readKnown(path: string): Promise<Record<string, readonly string[]>> {
  try {
    const known: unknown = JSON.parse(await readFile(path, 'utf8'));
    const isKnown = (keys: unknown): keys is string[] =>
      Array.isArray(keys) && keys.every((key) => typeof key === 'string');
    return Object.fromEntries(
      Object.entries(Object(known)).filter((one): one is [string, string[]] => isKnown(one[1])),
    );
  } catch {
    return {};
  }
}

function asset(detail: string): TielineError {
  return new TielineError('asset', detail, {
    hint: '`tieline dispatch persons` shows who is in the market, and for whom',
  });
}
