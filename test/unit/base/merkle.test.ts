// SPDX-License-Identifier: Apache-2.0
// Merkle trees against the published 8-leaf example of RFC 6962 implementations, against the
// recursive definitions and the verification algorithms as RFC 9162 prints them, and against
// altered and hostile proofs.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { equal, fromHex, toHex } from '../../../base/bytes.ts';
import {
  consistencyProof,
  emptyRoot,
  inclusionProof,
  inclusionRoot,
  leafHash,
  nodeHash,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from '../../../base/merkle.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { flip } from './flip.ts';

const seed = 9162;
const bytesOf = (hex: string) => fromHex(hex) as Uint8Array;
const leavesOf = (count: number) =>
  Array.from({ length: count }, (_, i) => leafHash(suite, Uint8Array.of(i >> 8, i & 255)));

/** MTH, PATH and PROOF of RFC 9162 §2.1, word for word. */
const below = (n: number): number => 2 ** (Math.ceil(Math.log2(n)) - 1);
function mth(d: readonly Uint8Array[]): Uint8Array {
  if (d.length === 0) return emptyRoot(suite);
  if (d.length === 1) return d[0] as Uint8Array;
  const k = below(d.length);
  return nodeHash(suite, mth(d.slice(0, k)), mth(d.slice(k)));
}
function pathOf(m: number, d: readonly Uint8Array[]): Uint8Array[] {
  if (d.length === 1) return [];
  const k = below(d.length);
  return m < k
    ? [...pathOf(m, d.slice(0, k)), mth(d.slice(k))]
    : [...pathOf(m - k, d.slice(k)), mth(d.slice(0, k))];
}
function subproof(m: number, d: readonly Uint8Array[], b: boolean): Uint8Array[] {
  if (m === d.length) return b ? [] : [mth(d)];
  const k = below(d.length);
  return m <= k
    ? [...subproof(m, d.slice(0, k), b), mth(d.slice(k))]
    : [...subproof(m - k, d.slice(k), false), mth(d.slice(0, k))];
}

/** The verification algorithm of RFC 9162 §2.1.3.2, in BigInt. */
function verifyAsPrinted(proof: {
  leafHash: Uint8Array;
  index: number;
  size: number;
  path: readonly Uint8Array[];
  root: Uint8Array;
}): boolean {
  let fn = BigInt(proof.index);
  let sn = BigInt(proof.size - 1);
  let r = proof.leafHash;
  for (const p of proof.path) {
    if (sn === 0n) return false;
    if (fn % 2n === 1n || fn === sn) {
      r = nodeHash(suite, p, r);
      while (fn % 2n === 0n && fn !== 0n) {
        fn /= 2n;
        sn /= 2n;
      }
    } else {
      r = nodeHash(suite, r, p);
    }
    fn /= 2n;
    sn /= 2n;
  }
  return sn === 0n && equal(r, proof.root);
}

const sizeAndIndex = fc
  .integer({ min: 1, max: 300 })
  .chain((size) => fc.tuple(fc.constant(size), fc.integer({ min: 0, max: size - 1 })));
const twoSizes = fc
  .integer({ min: 1, max: 300 })
  .chain((to) => fc.tuple(fc.integer({ min: 1, max: to }), fc.constant(to)));

describe('RFC 6962 and RFC 9162: the published example of eight leaves', () => {
  const data = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657'];
  data.push('606162636465666768696a6b6c6d6e6f');
  const leaves = data.map((hex) => leafHash(suite, bytesOf(hex)));
  const roots = [
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ];

  test.each([...roots.entries()])('root of the first %i leaves', (size, root) => {
    expect(toHex(rootOf(suite, leaves.slice(0, size)))).toBe(root);
  });

  test('inclusion path of leaf 5 of 8', () => {
    expect(inclusionProof(suite, leaves, 5).map(toHex)).toEqual([
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
  });

  test('consistency path from 6 to 8', () => {
    expect(consistencyProof(suite, leaves, 6).map(toHex)).toEqual([
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
  });
});

describe('RFC 9162 §2.1: proofs of every tree', () => {
  test('root, path and proof are those of the recursive definitions', () => {
    fc.assert(
      fc.property(sizeAndIndex, ([size, index]) => {
        const leaves = leavesOf(size);
        expect(rootOf(suite, leaves)).toEqual(mth(leaves));
        expect(inclusionProof(suite, leaves, index)).toEqual(pathOf(index, leaves));
        expect(consistencyProof(suite, leaves, index + 1)).toEqual(
          subproof(index + 1, leaves, true),
        );
      }),
      { seed, numRuns: 60 },
    );
  });

  test('every leaf of every small tree is proven, at its own index and size alone', () => {
    for (let size = 1; size <= 18; size++) {
      const leaves = leavesOf(size);
      const root = rootOf(suite, leaves);
      for (const [index, leaf] of leaves.entries()) {
        const path = inclusionProof(suite, leaves, index);
        for (let claimed = 0; claimed < size + 2; claimed++) {
          const proof = { leafHash: leaf, index: claimed, size, path, root };
          expect(verifyInclusion(suite, proof)).toBe(claimed === index);
        }
      }
    }
  });

  test('an earlier tree is a prefix of every later one', () => {
    for (let to = 1; to <= 33; to++) {
      const leaves = leavesOf(to);
      for (let from = 0; from <= to; from++) {
        const path = consistencyProof(suite, leaves, from);
        const fromRoot = rootOf(suite, leaves.slice(0, from));
        const proof = { from, to, fromRoot, toRoot: rootOf(suite, leaves), path };
        expect(verifyConsistency(suite, proof)).toBe(true);
      }
    }
  });

  test('of made-up paths of every length, those accepted are those of the algorithm of §2.1.3.2', () => {
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const claims = fc
      .integer({ min: 1, max: 2 ** 48 })
      .chain((size) => fc.tuple(fc.constant(size), fc.integer({ min: 0, max: size - 1 })));
    fc.assert(
      fc.property(claims, hash, hash, ([size, index], leaf, other) => {
        let accepted = 0;
        for (let length = 0; length <= 50; length++) {
          const path = Array.from({ length }, () => other);
          const root = inclusionRoot(suite, { leafHash: leaf, index, size, path });
          const claim = { leafHash: leaf, index, size, path, root: root ?? leaf };
          expect(verifyAsPrinted(claim)).toBe(root !== undefined);
          if (root !== undefined) accepted++;
        }
        expect(accepted).toBe(1);
      }),
      { seed, numRuns: 60 },
    );
  });
});

describe('RFC 9162 §2.1: altered proofs', () => {
  test('every flipped bit of an inclusion proof is rejected', () => {
    const leaves = leavesOf(11);
    const root = rootOf(suite, leaves);
    for (const index of [0, 6, 10]) {
      const path = inclusionProof(suite, leaves, index);
      const good = { leafHash: leaves[index] as Uint8Array, index, size: 11, path, root };
      expect(verifyInclusion(suite, good)).toBe(true);
      for (let bit = 0; bit < 256; bit++) {
        const parts = [
          { ...good, leafHash: flip(good.leafHash, bit) },
          { ...good, root: flip(root, bit) },
          ...path.map((hash, i) => ({ ...good, path: path.with(i, flip(hash, bit)) })),
        ];
        for (const part of parts) expect(verifyInclusion(suite, part)).toBe(false);
      }
    }
  });

  test('every flipped bit of a consistency proof is rejected', () => {
    const leaves = leavesOf(13);
    for (const from of [1, 4, 6, 12, 13]) {
      const fromRoot = rootOf(suite, leaves.slice(0, from));
      const path = consistencyProof(suite, leaves, from);
      const good = { from, to: 13, fromRoot, toRoot: rootOf(suite, leaves), path };
      for (let bit = 0; bit < 256; bit++) {
        const parts = [
          { ...good, fromRoot: flip(fromRoot, bit) },
          { ...good, toRoot: flip(good.toRoot, bit) },
          ...path.map((hash, i) => ({ ...good, path: path.with(i, flip(hash, bit)) })),
        ];
        for (const part of parts) expect(verifyConsistency(suite, part)).toBe(false);
      }
    }
  });

  test('a path one hash longer or shorter is rejected', () => {
    fc.assert(
      fc.property(sizeAndIndex, ([size, index]) => {
        const leaves = leavesOf(size);
        const root = rootOf(suite, leaves);
        const path = inclusionProof(suite, leaves, index);
        const claim = { leafHash: leaves[index] as Uint8Array, index, size, root };
        expect(verifyInclusion(suite, { ...claim, path: [...path, root] })).toBe(false);
        expect(verifyInclusion(suite, { ...claim, path: [root, ...path] })).toBe(false);
        if (size > 1) {
          expect(verifyInclusion(suite, { ...claim, path: path.slice(1) })).toBe(false);
          expect(verifyInclusion(suite, { ...claim, path: path.slice(0, -1) })).toBe(false);
        }
      }),
      { seed, numRuns: 60 },
    );
  });

  test('a consistency path one hash longer or shorter, or for other sizes, is rejected', () => {
    fc.assert(
      fc.property(twoSizes, ([from, to]) => {
        const leaves = leavesOf(to);
        const toRoot = rootOf(suite, leaves);
        const fromRoot = rootOf(suite, leaves.slice(0, from));
        const path = consistencyProof(suite, leaves, from);
        const claim = { from, to, fromRoot, toRoot, path };
        expect(verifyConsistency(suite, { ...claim, path: [...path, toRoot] })).toBe(false);
        if (from < to) {
          expect(verifyConsistency(suite, { ...claim, path: path.slice(1) })).toBe(false);
          expect(verifyConsistency(suite, { ...claim, from: from + 1 })).toBe(false);
        }
        expect(verifyConsistency(suite, { ...claim, to: from - 1 })).toBe(false);
      }),
      { seed, numRuns: 60 },
    );
  });

  test('31 bytes beside 33 are not two hashes', () => {
    const [left, right] = leavesOf(2) as [Uint8Array, Uint8Array];
    const root = nodeHash(suite, left, right);
    const shifted = Uint8Array.of(left[31] as number, ...right);
    const short = left.slice(0, 31);
    const claim = { leafHash: short, index: 0, size: 2, path: [shifted], root };
    expect(verifyInclusion(suite, claim)).toBe(false);
    expect(verifyInclusion(suite, { ...claim, leafHash: left, path: [right] })).toBe(true);
  });
});

describe('hostile sizes and indexes', () => {
  const [leaf] = leavesOf(1) as [Uint8Array];
  const numbers = [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 48 + 1, 2 ** 53, 2 ** 1023];

  test.each([...numbers, 0])('size %d proves nothing', (size) => {
    const claim = { leafHash: leaf, index: 0, size, path: [], root: leaf };
    expect(verifyInclusion(suite, claim)).toBe(false);
    const sizes = { from: 1, to: size, fromRoot: leaf, toRoot: leaf, path: [] };
    expect(verifyConsistency(suite, sizes)).toBe(false);
  });

  test.each(numbers)('index or earlier size %d proves nothing', (number) => {
    const claim = { leafHash: leaf, index: number, size: 1, path: [], root: leaf };
    expect(verifyInclusion(suite, claim)).toBe(false);
    const sizes = { from: number, to: 2 ** 48, fromRoot: leaf, toRoot: leaf, path: [] };
    expect(verifyConsistency(suite, sizes)).toBe(false);
  });

  test('the empty tree precedes every tree, but only with its own root and no path', () => {
    const claim = { from: 0, to: 1, fromRoot: emptyRoot(suite), toRoot: leaf, path: [] };
    expect(verifyConsistency(suite, claim)).toBe(true);
    expect(verifyConsistency(suite, { ...claim, fromRoot: leaf })).toBe(false);
    expect(verifyConsistency(suite, { ...claim, path: [leaf] })).toBe(false);
    expect(verifyConsistency(suite, { ...claim, to: 0, toRoot: emptyRoot(suite) })).toBe(false);
  });

  test('the greatest tree has paths of 48 hashes', () => {
    const path = Array.from({ length: 48 }, () => leaf);
    const claim = { leafHash: leaf, index: 2 ** 48 - 1, size: 2 ** 48, path };
    expect(inclusionRoot(suite, claim)).toBeDefined();
    expect(inclusionRoot(suite, { ...claim, path: path.slice(1) })).toBeUndefined();
  });
});
