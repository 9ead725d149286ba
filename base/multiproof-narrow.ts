// SPDX-License-Identifier: Apache-2.0
// A multiproof of some of the leaves that another one proves: whoever holds a proof of many can
// show few, without what the others are.

import { assert } from './assert.ts';
import { nodeHash } from './merkle.ts';
import type { ProvenLeaf } from './multiproof.ts';
import { leftLeafCount } from './subtrees.ts';
import type { Suite } from './suite.ts';

/** A subtree: its root, and what proves the kept leaves in it; undefined where there are none. */
type Part = { readonly root: Uint8Array; readonly proof: readonly Uint8Array[] | undefined };

/**
 * The hashes that prove the leaves `kept`. The proof was verified, and `kept` are some of its
 * leaves.
 */
export function narrowMultiproof(
  suite: Suite,
  proof: {
    readonly size: number;
    readonly leaves: readonly ProvenLeaf[];
    readonly hashes: readonly Uint8Array[];
  },
  kept: ReadonlySet<number>,
): Uint8Array[] {
  const { size, leaves, hashes } = proof;
  let nextLeaf = 0;
  let nextHash = 0;
  const partOf = (start: number, end: number): Part => {
    const leaf = leaves[nextLeaf];
    if (leaf === undefined || leaf.index >= end) {
      const root = hashes[nextHash++];
      assert(root !== undefined, 'a verified multiproof has all its hashes');
      return { root, proof: undefined };
    }
    if (end - start === 1) {
      nextLeaf++;
      return { root: leaf.leafHash, proof: kept.has(leaf.index) ? [] : undefined };
    }
    const middle = start + leftLeafCount(end - start);
    const left = partOf(start, middle);
    const right = partOf(middle, end);
    const root = nodeHash(suite, left.root, right.root);
    if (left.proof === undefined && right.proof === undefined) return { root, proof: undefined };
    return { root, proof: [...(left.proof ?? [left.root]), ...(right.proof ?? [right.root])] };
  };
  const { proof: narrow } = partOf(0, size);
  assert(narrow !== undefined, 'some of the proven leaves are kept');
  return [...narrow];
}
