// SPDX-License-Identifier: Apache-2.0
// Whose keys an asset is sealed for: the persons in the market of each organisation that it names, the
// members of each chain that it names, and every regulator. Alike for who seals, for the ledger that
// takes it, and for a mirror.

import { compare, equal, toHex } from '../../base/bytes.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import { keyIdOf } from '../../base/ids.ts';
import type { Suite } from '../../base/suite.ts';
import { tradeLimits } from '../../base/trade-limits.ts';
import type { Asset, AssetReader } from './asset.ts';
import { hasRight, type MainRegistry, organisationOf } from './main-registry.ts';
import type { Member } from './member.ts';

/** A chain, as far as it takes part in the market. */
export type TradingChain = {
  /** Organisation that it belongs to. */
  readonly centre: string;
  readonly members: readonly Pick<Member, 'keyId' | 'publicKey' | 'name' | 'revoked'>[];
};

export type ChainOf = (chainId: Uint8Array) => TradingChain | undefined;

export type ReaderKey = {
  readonly keyId: Uint8Array;
  /** Ed25519. */
  readonly publicKey: Uint8Array;
  readonly name: string;
};

type Ground = {
  readonly registry: Pick<MainRegistry, 'persons' | 'organisations'>;
  readonly chainOf: ChainOf;
};

/** In the order of their ids, each once. */
export function readerKeys(
  suite: Suite,
  readers: readonly AssetReader[],
  ground: Ground,
): Result<readonly ReaderKey[], 'reader'> {
  const keys: ReaderKey[] = [];
  for (const reader of readers) {
    const found = keysOf(suite, reader, ground);
    if (!found.ok) return found;
    keys.push(...found.value);
  }
  const { persons } = ground.registry;
  const regulators = persons.filter(({ roles }) => roles.includes('regulator'));
  keys.push(...regulators.map((person) => keyOf(suite, person)));
  const byId = new Map(keys.map((key) => [toHex(key.keyId), key]));
  const all = [...byId.values()].sort((a, b) => compare(a.keyId, b.keyId));
  if (all.length > tradeLimits.sealedMax) {
    return refuse('reader', `${all.length} keys, at most ${tradeLimits.sealedMax} for one asset`);
  }
  return accept(all);
}

/** Why an asset is not sealed for these; undefined where it is, for these alone. */
export function sealingFlaw(
  { sealed }: Pick<Asset, 'sealed'>,
  keys: readonly ReaderKey[],
): string | undefined {
  const missing = keys.find(({ keyId }) => !sealed.some(([id]) => equal(id, keyId)));
  if (missing !== undefined) return `it is not sealed for ${missing.name}`;
  const isSame = sealed.length === keys.length;
  const isInOrder = keys.every(({ keyId }, i) => equal(sealed[i]?.[0] ?? keyId, keyId));
  return isSame && isInOrder ? undefined : 'it is sealed for keys beside those of its readers';
}

function keysOf(
  suite: Suite,
  reader: AssetReader,
  { registry, chainOf }: Ground,
): Result<readonly ReaderKey[], 'reader'> {
  if (reader.kind === 'chain') {
    const chain = chainOf(reader.id);
    if (chain === undefined) return refuse('reader', `no chain ${toHex(reader.id)} is enrolled`);
    return accept(chain.members.filter(({ revoked }) => !revoked));
  }
  const { name } = reader;
  if (organisationOf(registry, name) === undefined) {
    return refuse('reader', `${name} is no organisation of the main log`);
  }
  const persons = registry.persons.filter(
    (person) => person.organisation === name && hasRight(person, 'asset'),
  );
  if (persons.length === 0) return refuse('reader', `${name} has nobody in the market`);
  return accept(persons.map((person) => keyOf(suite, person)));
}

function keyOf(
  suite: Suite,
  { publicKey, name }: { readonly publicKey: Uint8Array; readonly name: string },
): ReaderKey {
  return { keyId: keyIdOf(suite, publicKey), publicKey, name };
}
