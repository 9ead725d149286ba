// SPDX-License-Identifier: Apache-2.0
// One leaf's inclusion path out of a multiproof: whoever holds a proof of several leaves can show
// each of them alone, as RFC 9162 has it. A sibling on the way up holds either no proven leaf, then
// its root is one of the given hashes, or some, then its root follows from them.

import { assert } from './assert.ts';
import { nodeHash } from './merkle.ts';
import type { ProvenLeaf } from './multiproof.ts';
import { leftLeafCount } from './subtrees.ts';
import type { Suite } from './suite.ts';

/**
 * The path of leaf `index`, from the leaf upward. The proof was verified, and the leaf is one of
 * its leaves.
 */
export function pathFromMultiproof(
  suite: Suite,
  proof: {
    readonly size: number;
    readonly leaves: readonly ProvenLeaf[];
    readonly hashes: readonly Uint8Array[];
  },
  index: number,
): Uint8Array[] {
  const { size, leaves, hashes } = proof;
  const path: Uint8Array[] = [];
  let nextLeaf = 0;
  let nextHash = 0;
  const rootAt = (start: number, end: number): Uint8Array => {
    const leaf = leaves[nextLeaf];
    if (leaf === undefined || leaf.index >= end) {
      const hash = hashes[nextHash++];
      assert(hash !== undefined, 'a verified multiproof has all its hashes');
      return hash;
    }
    if (end - start === 1) {
      nextLeaf++;
      return leaf.leafHash;
    }
    const middle = start + leftLeafCount(end - start);
    const left = rootAt(start, middle);
    const right = rootAt(middle, end);
    if (index >= start && index < end) path.push(index < middle ? right : left);
    return nodeHash(suite, left, right);
  };
  rootAt(0, size);
  assert(
    leaves.some((leaf) => leaf.index === index),
    'the leaf is one of those proven',
  );
  return path;
}
