// SPDX-License-Identifier: Apache-2.0
// Many readings under one signature, many statements in one block: each is proven by as many hashes
// as its tree is deep, and by no other (S0-03).

import { describe, expect, test } from 'vitest';
import { leafHash, verifyInclusion } from '../../../base/merkle.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { saltedLeaf } from '../../../base/pack.ts';
import { packRoot } from '../../../sidechain/chain/batch.ts';
import { proveReading } from '../../../sidechain/chain/prove.ts';
import { packAt, schemaPayload, startMs } from './fixture.ts';
import { Group } from './group.ts';

const counts = [1, 2, 3, 5, 8, 9, 33, 100];

describe.each(counts)('%i readings in a batch (S0-03)', (count) => {
  const group = new Group();
  group.apply([group.schema()]);
  const packs = Array.from({ length: count }, (_, i) => packAt(startMs + i, i));
  const body = group.body([group.batch(1, packs)]);
  const { outputs, header } = group.ledger.apply(body, group.verdicts);
  const secret = body.entries[0]?.packs?.secret ?? new Uint8Array();
  const root = packRoot(suite, secret, packs);
  const depth = Math.ceil(Math.log2(count));

  const proof = (packIndex: number) =>
    proveReading(suite, { body, outputs }, { entryIndex: 0, packIndex, schema: schemaPayload });
  const holds = (claim: {
    readonly packIndex: number;
    readonly pack: Uint8Array;
    readonly salt: Uint8Array;
    readonly packPath: readonly Uint8Array[];
  }) =>
    verifyInclusion(suite, {
      leafHash: leafHash(suite, saltedLeaf(claim.salt, claim.pack)),
      index: claim.packIndex,
      size: count,
      path: claim.packPath,
      root,
    });

  test(`the first is proven by ${depth} hashes, any by no more`, () => {
    expect(header.entryCount).toBe(1);
    expect(proof(0).packPath).toHaveLength(depth);
    for (const [packIndex, pack] of packs.entries()) {
      const shown = proof(packIndex);
      expect(shown.pack).toEqual(pack);
      expect(shown.packPath.length).toBeLessThanOrEqual(depth);
      expect(holds(shown)).toBe(true);
    }
  });

  test('another reading, salt or place is not proven', () => {
    const shown = proof(0);
    expect(holds({ ...shown, pack: packAt(startMs, 999) })).toBe(false);
    expect(holds({ ...shown, salt: shown.salt.toReversed() })).toBe(false);
    expect(holds({ ...shown, packIndex: 1 })).toBe(false);
  });
});

test.each(counts)('%i statements in a block: each is proven under its entry root', (count) => {
  const group = new Group();
  group.apply([group.schema()]);
  const batches = Array.from({ length: count }, (_, i) => group.batch(i + 1, [packAt(startMs, i)]));
  const body = group.body([...batches, group.schema()]);
  const { header, outputs } = group.ledger.apply(body, group.verdicts);
  expect(header.entryCount).toBe(count);
  for (const [entryIndex, { entry }] of batches.entries()) {
    const place = { entryIndex, packIndex: 0, schema: schemaPayload };
    const { entryPath } = proveReading(suite, { body, outputs }, place);
    expect(entryPath.length).toBeLessThanOrEqual(Math.ceil(Math.log2(count)));
    const leaf = { leafHash: leafHash(suite, entry), index: entryIndex, path: entryPath };
    const under = { size: header.entryCount, root: header.entryRoot };
    expect(verifyInclusion(suite, { ...leaf, ...under })).toBe(true);
  }
});
