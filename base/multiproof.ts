// SPDX-License-Identifier: Apache-2.0
// One proof for several leaves of one RFC 9162 tree. RFC 9162 has no such proof; this is ours:
//
// Walk the tree of `size` leaves from the root, the left child before the right. A subtree without
// a proven leaf is not entered: its root is the next of `hashes`. A proven leaf contributes
// nothing, any other subtree is entered. So `hashes` are the roots of the largest subtrees without
// a proven leaf, from left to right. The proof holds where the same walk, taking those roots from
// `hashes`, uses up all of them and arrives at the root.
//
// For one leaf these are the hashes of the RFC's inclusion path, ordered by place instead of height.

import { assert } from './assert.ts';
import { equal } from './bytes.ts';
import { limits } from './limits.ts';
import { isHash, nodeHash, subtreeRoot } from './merkle.ts';
import { isTreeSize, leftLeafCount, multiproofSubtrees } from './subtrees.ts';
import type { Suite } from './suite.ts';

export type ProvenLeaf = { readonly index: number; readonly leafHash: Uint8Array };

/** The hashes that prove the leaves `indexes`: strictly ascending, at least one. */
export function multiproof(
  suite: Suite,
  leafHashes: readonly Uint8Array[],
  indexes: readonly number[],
): Uint8Array[] {
  const size = leafHashes.length;
  assert(areIndexes(indexes, size), 'the indexes ascend and are in the tree');
  return multiproofSubtrees({ indexes, size }).map((part) => subtreeRoot(suite, leafHashes, part));
}

/** True where `hashes` prove that each leaf stands at its index in the tree (size, root). Never throws. */
export function verifyMultiproof(
  suite: Suite,
  proof: {
    readonly size: number;
    readonly leaves: readonly ProvenLeaf[];
    readonly hashes: readonly Uint8Array[];
    readonly root: Uint8Array;
  },
): boolean {
  const { size, leaves, hashes, root } = proof;
  const indexes = leaves.map((leaf) => leaf.index);
  if (!isTreeSize(size) || !areIndexes(indexes, size)) return false;
  if (hashes.length > limits.multiproofHashesMax || !hashes.every(isHash)) return false;
  if (!leaves.every((leaf) => isHash(leaf.leafHash))) return false;

  let nextLeaf = 0;
  let nextHash = 0;
  // Each call either takes one hash, or holds a proven leaf: the work is bounded by 48 times what was sent.
  const rootAt = (start: number, end: number): Uint8Array | undefined => {
    const leaf = leaves[nextLeaf];
    if (leaf === undefined || leaf.index >= end) return hashes[nextHash++];
    if (end - start === 1) {
      nextLeaf++;
      return leaf.leafHash;
    }
    const middle = start + leftLeafCount(end - start);
    const left = rootAt(start, middle);
    const right = left && rootAt(middle, end);
    return left && right && nodeHash(suite, left, right);
  };
  const computed = rootAt(0, size);
  return computed !== undefined && nextHash === hashes.length && equal(computed, root);
}

function areIndexes(indexes: readonly number[], size: number): boolean {
  let previous = -1;
  for (const index of indexes) {
    if (!Number.isInteger(index) || index <= previous || index >= size) return false;
    previous = index;
  }
  return indexes.length > 0;
}
