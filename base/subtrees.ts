// SPDX-License-Identifier: Apache-2.0
// The shape of RFC 9162 §2.1 proofs: which subtrees of a tree of known size a proof consists of, and in which
// order. A shape follows from sizes and indexes alone, never from the hashes; so one who knows the signed
// size of a tree knows the length of every honest proof and the place of each hash in it.

/** The leaves `start` (included) to `end` (not included) of a tree. */
export type Subtree = { readonly start: number; readonly end: number };

/** Beyond any history, and far within what a double holds exactly. */
export const treeSizeMax = 2 ** 48;

/** A whole number of leaves, from 1 to 2^48. */
export function isTreeSize(size: number): boolean {
  return Number.isInteger(size) && size >= 1 && size <= treeSizeMax;
}

/** Leaves on the left of a node over `leafCount` > 1 leaves: the largest power of two below that. */
export function leftLeafCount(leafCount: number): number {
  let left = 1;
  while (left * 2 < leafCount) left *= 2;
  return left;
}

/** The siblings on the way from leaf `index` up to the root of `size` leaves: PATH of §2.1.3.1. */
export function inclusionSubtrees(leaf: { index: number; size: number }): Subtree[] {
  const siblings: Subtree[] = [];
  let start = 0;
  let end = leaf.size;
  while (end - start > 1) {
    const middle = start + leftLeafCount(end - start);
    if (leaf.index < middle) {
      siblings.push({ start: middle, end });
      end = middle;
    } else {
      siblings.push({ start, end: middle });
      start = middle;
    }
  }
  return siblings.reverse();
}

/**
 * PROOF of §2.1.4.1 for 0 < from <= to. The smallest subtree that ends where the old tree ended comes first,
 * unless it is the whole old tree; then the siblings on the way up to the new root.
 */
export function consistencySubtrees(sizes: { from: number; to: number }): Subtree[] {
  const subtrees: Subtree[] = [];
  let start = 0;
  let end = sizes.to;
  while (end !== sizes.from) {
    const middle = start + leftLeafCount(end - start);
    if (sizes.from <= middle) {
      subtrees.push({ start: middle, end });
      end = middle;
    } else {
      subtrees.push({ start, end: middle });
      start = middle;
    }
  }
  if (start > 0) subtrees.push({ start, end });
  return subtrees.reverse();
}

/**
 * The largest subtrees that hold none of the leaves `indexes` (strictly ascending, not empty), from left to
 * right. Defined in multiproof.ts.
 */
export function multiproofSubtrees(leaves: {
  indexes: readonly number[];
  size: number;
}): Subtree[] {
  const subtrees: Subtree[] = [];
  let next = 0;
  const walk = (start: number, end: number): void => {
    const index = leaves.indexes[next];
    if (index === undefined || index >= end) {
      subtrees.push({ start, end });
    } else if (end - start === 1) {
      next++;
    } else {
      const middle = start + leftLeafCount(end - start);
      walk(start, middle);
      walk(middle, end);
    }
  };
  walk(0, leaves.size);
  return subtrees;
}
