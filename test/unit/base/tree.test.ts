// SPDX-License-Identifier: Apache-2.0
// The history tree against the plain array it stands for: roots and proofs of every earlier size, before and
// after a new start, and what happens when the leaves it reads again have changed.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvariantError } from '../../../base/assert.ts';
import { concat, u32 } from '../../../base/bytes.ts';
import {
  consistencyProof,
  emptyRoot,
  inclusionProof,
  leafHash,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from '../../../base/merkle.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { groupSize, HistoryTree } from '../../../base/tree.ts';

const seed = 9162;
const leafCount = 1_500;
const leaves = Array.from({ length: leafCount }, (_, i) => leafHash(suite, u32(i)));
const at = (index: number) => leaves[index] as Uint8Array;

function grown(size: number) {
  const groups: Uint8Array[] = [];
  const tree = new HistoryTree(suite, { leafHashAt: at });
  for (const leaf of leaves.slice(0, size)) {
    const group = tree.append(leaf);
    if (group !== undefined) groups.push(group);
  }
  return { tree, groups };
}

const { tree, groups } = grown(leafCount);

/** The same, started again; counts the leaves that it reads. */
function counting() {
  let readCount = 0;
  const leafHashAt = (index: number) => {
    readCount++;
    return at(index);
  };
  const again = new HistoryTree(suite, { leafHashAt }, groups);
  for (const leaf of leaves.slice(again.size)) again.append(leaf);
  return { tree: again, readCount: () => readCount };
}

/** Sizes where the shape of the tree changes are as likely as all others together. */
const edges = [0, 1, 255, 256, 257, 511, 512, 513, 768, 1023, 1024, 1025, 1280, leafCount];
const anySize = fc.oneof(fc.integer({ min: 0, max: leafCount }), fc.constantFrom(...edges));

describe('RFC 9162 §2.1: the history tree is the tree over all its leaves', () => {
  test('roots of every earlier size', () => {
    fc.assert(
      fc.property(anySize, (size) => {
        expect(tree.root(size)).toEqual(rootOf(suite, leaves.slice(0, size)));
      }),
      { seed, numRuns: 60, examples: edges.map((size) => [size]) },
    );
  });

  test('inclusion of every leaf in every size', () => {
    fc.assert(
      fc.property(anySize, fc.nat(), (size, pick) => {
        fc.pre(size > 0);
        const expected = inclusionProof(suite, leaves.slice(0, size), pick % size);
        expect(tree.inclusion(pick % size, size)).toEqual(expected);
      }),
      { seed, numRuns: 60 },
    );
  });

  test('consistency between any two sizes', () => {
    fc.assert(
      fc.property(anySize, anySize, (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const expected = consistencyProof(suite, leaves.slice(0, to), from);
        expect(tree.consistency(from, to)).toEqual(expected);
      }),
      { seed, numRuns: 60 },
    );
  });

  test('while it grows, the present root, the newest leaf and the step to it are proven', () => {
    const { tree: young } = grown(0);
    expect(young.root()).toEqual(emptyRoot(suite));
    let fromRoot = young.root();
    for (const leaf of leaves.slice(0, 2 * groupSize + 3)) {
      young.append(leaf);
      const { size } = young;
      const root = young.root();
      const path = young.inclusion(size - 1);
      expect(verifyInclusion(suite, { leafHash: leaf, index: size - 1, size, path, root })).toBe(
        true,
      );
      const step = young.consistency(size - 1);
      const sizes = { from: size - 1, to: size, fromRoot, toRoot: root };
      expect(verifyConsistency(suite, { ...sizes, path: step })).toBe(true);
      fromRoot = root;
    }
  });

  test('it starts again from its group hashes and the leaves after them', () => {
    const again = new HistoryTree(suite, { leafHashAt: at }, groups);
    expect(again.size).toBe(groups.length * groupSize);
    for (const leaf of leaves.slice(again.size)) again.append(leaf);
    expect(again.size).toBe(leafCount);
    for (const size of edges) expect(again.root(size)).toEqual(tree.root(size));
    expect(again.inclusion(300)).toEqual(tree.inclusion(300));
  });

  test('group hashes are the roots of 256 leaves each', () => {
    expect(groups).toHaveLength(Math.floor(leafCount / groupSize));
    for (const [i, group] of groups.entries()) {
      expect(group).toEqual(rootOf(suite, leaves.slice(i * groupSize, (i + 1) * groupSize)));
    }
  });
});

describe('what it reads', () => {
  test('the present root needs no leaf, a proof two groups at most, the same proof none', () => {
    const counted = counting();
    counted.tree.root();
    counted.tree.root(1024);
    expect(counted.readCount()).toBe(0);
    counted.tree.inclusion(5);
    expect(counted.readCount()).toBe(groupSize);
    counted.tree.inclusion(5, 700);
    expect(counted.readCount()).toBe(2 * groupSize);
    counted.tree.consistency(300, 900);
    expect(counted.readCount()).toBe(4 * groupSize);
    expect(counted.tree.inclusion(5, 700)).toEqual(tree.inclusion(5, 700));
    expect(counted.readCount()).toBe(4 * groupSize);
  });

  test('changed leaves are noticed before a proof is made of them', () => {
    const changed = leaves.with(300, at(301));
    const leafHashAt = (index: number) => changed[index] as Uint8Array;
    const torn = new HistoryTree(suite, { leafHashAt }, groups);
    const error = expect.objectContaining({ code: 'tree-leaves' });
    expect(() => torn.inclusion(301)).toThrow(error);
    expect(() => torn.root(400)).toThrow(error);
    expect(torn.inclusion(5)).toEqual(tree.inclusion(5, torn.size));
  });

  test('sizes and leaves it never had are our own mistake', () => {
    for (const size of [leafCount + 1, -1, 0.5, Number.NaN]) {
      expect(() => tree.root(size)).toThrow(InvariantError);
      expect(() => tree.inclusion(0, size)).toThrow(InvariantError);
      expect(() => tree.consistency(1, size)).toThrow(InvariantError);
      expect(() => tree.consistency(size)).toThrow(InvariantError);
      expect(() => tree.inclusion(size)).toThrow(InvariantError);
    }
    expect(() => tree.inclusion(leafCount)).toThrow(InvariantError);
    expect(() => tree.append(concat(at(0), at(1)))).toThrow(InvariantError);
  });
});
