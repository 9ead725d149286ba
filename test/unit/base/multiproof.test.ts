// SPDX-License-Identifier: Apache-2.0
// Multiproofs: the order as documented, against a slow twin that hashes whole trees; altered and
// hostile ones.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compare } from '../../../base/bytes.ts';
import { limits } from '../../../base/limits.ts';
import { inclusionProof, leafHash, nodeHash, rootOf } from '../../../base/merkle.ts';
import { multiproof, verifyMultiproof } from '../../../base/multiproof.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { flip } from './flip.ts';

const seed = 9162;
const leavesOf = (count: number) =>
  Array.from({ length: count }, (_, i) => leafHash(suite, Uint8Array.of(i >> 8, i & 255)));

/** The documented walk on copies of the leaves. */
function slowMultiproof(leaves: readonly Uint8Array[], proven: readonly boolean[]): Uint8Array[] {
  if (!proven.includes(true)) return [rootOf(suite, leaves)];
  if (leaves.length === 1) return [];
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return [
    ...slowMultiproof(leaves.slice(0, k), proven.slice(0, k)),
    ...slowMultiproof(leaves.slice(k), proven.slice(k)),
  ];
}

function claimOf(size: number, indexes: readonly number[]) {
  const all = leavesOf(size);
  return {
    size,
    leaves: indexes.map((index) => ({ index, leafHash: all[index] as Uint8Array })),
    hashes: multiproof(suite, all, indexes),
    root: rootOf(suite, all),
  };
}

const trees = fc
  .array(fc.boolean(), { minLength: 1, maxLength: 200 })
  .filter((proven) => proven.includes(true));

describe('multiproof', () => {
  test('is the documented list of hashes, and verifies', () => {
    fc.assert(
      fc.property(trees, (proven) => {
        const indexes = proven.flatMap((is, index) => (is ? [index] : []));
        const claim = claimOf(proven.length, indexes);
        expect(claim.hashes).toEqual(slowMultiproof(leavesOf(proven.length), proven));
        expect(verifyMultiproof(suite, claim)).toBe(true);
      }),
      { seed, numRuns: 100 },
    );
  });

  test('leaves 2 and 5 of 7: h0-1, h3, h4, h6', () => {
    const all = leavesOf(7);
    const at = (index: number) => all[index] as Uint8Array;
    const expected = [nodeHash(suite, at(0), at(1)), at(3), at(4), at(6)];
    expect(multiproof(suite, all, [2, 5])).toEqual(expected);
  });

  test('for one leaf it holds the hashes of the RFC 9162 path', () => {
    const all = leavesOf(37);
    for (const index of [0, 17, 31, 36]) {
      const path = inclusionProof(suite, all, index).sort(compare);
      expect(multiproof(suite, all, [index]).sort(compare)).toEqual(path);
    }
  });

  test('all leaves need no hash, one leaf of one is the root', () => {
    expect(claimOf(9, [0, 1, 2, 3, 4, 5, 6, 7, 8]).hashes).toEqual([]);
    expect(claimOf(1, [0]).hashes).toEqual([]);
    expect(verifyMultiproof(suite, claimOf(1, [0]))).toBe(true);
  });

  test('every flipped bit is rejected', () => {
    const good = claimOf(13, [0, 5, 6, 12]);
    for (let bit = 0; bit < 256; bit++) {
      const altered = [
        { ...good, root: flip(good.root, bit) },
        ...good.hashes.map((hash, i) => ({
          ...good,
          hashes: good.hashes.with(i, flip(hash, bit)),
        })),
        ...good.leaves.map((leaf, i) => ({
          ...good,
          leaves: good.leaves.with(i, { ...leaf, leafHash: flip(leaf.leafHash, bit) }),
        })),
      ];
      for (const claim of altered) expect(verifyMultiproof(suite, claim)).toBe(false);
    }
  });

  test('other indexes, sizes and counts of hashes are rejected', () => {
    fc.assert(
      fc.property(trees, fc.nat(), (proven, pick) => {
        const indexes = proven.flatMap((is, index) => (is ? [index] : []));
        const good = claimOf(proven.length, indexes);
        const { hashes, leaves, root } = good;
        const i = pick % leaves.length;
        const leaf = leaves[i] as (typeof leaves)[number];
        const moved = leaves.with(i, { ...leaf, index: leaf.index + 1 });
        const altered = [
          { ...good, leaves: moved },
          { ...good, leaves: leaves.toSpliced(i, 1) },
          { ...good, leaves: leaves.toSpliced(i, 0, leaf) },
          { ...good, hashes: [...hashes, root] },
          { ...good, hashes: [root, ...hashes] },
          ...hashes.map((_, j) => ({ ...good, hashes: hashes.toSpliced(j, 1) })),
        ];
        for (const claim of altered) expect(verifyMultiproof(suite, claim)).toBe(false);
      }),
      { seed, numRuns: 60 },
    );
  });

  test('hostile numbers are rejected without a throw', () => {
    const good = claimOf(3, [1]);
    const [leaf] = good.leaves as [(typeof good.leaves)[number]];
    const numbers = [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 48 + 1, 2 ** 1023];
    for (const number of numbers) {
      expect(verifyMultiproof(suite, { ...good, size: number })).toBe(false);
      const leaves = [{ ...leaf, index: number }];
      expect(verifyMultiproof(suite, { ...good, leaves })).toBe(false);
    }
    expect(verifyMultiproof(suite, { ...good, size: 0 })).toBe(false);
    expect(verifyMultiproof(suite, { ...good, leaves: [] })).toBe(false);
    expect(verifyMultiproof(suite, { ...good, leaves: [], hashes: [good.root] })).toBe(false);
    expect(verifyMultiproof(suite, { ...good, size: 2 ** 48 })).toBe(false);
    const short = [{ ...leaf, leafHash: leaf.leafHash.slice(1) }];
    expect(verifyMultiproof(suite, { ...good, leaves: short })).toBe(false);
  });

  test('no more hashes than the limit are looked at', () => {
    // Every second leaf, and one hash more than is allowed: true, but too long.
    const claimWith = (hashCount: number) =>
      claimOf(
        2 * hashCount,
        Array.from({ length: hashCount }, (_, i) => 2 * i),
      );
    expect(verifyMultiproof(suite, claimWith(limits.multiproofHashesMax))).toBe(true);
    expect(verifyMultiproof(suite, claimWith(limits.multiproofHashesMax + 1))).toBe(false);
  });
});
