// SPDX-License-Identifier: Apache-2.0
// Merkle trees of RFC 9162 §2.1: hashes, roots, inclusion and consistency proofs. The verifiers
// take hostile hashes, sizes and indexes and never throw. Invariant: sizes come from the caller,
// who has them from something signed; a path is only ever a list of hashes whose number and places
// the sizes dictate.

import { assert } from './assert.ts';
import { equal } from './bytes.ts';
import {
  consistencySubtrees,
  inclusionSubtrees,
  isTreeSize,
  leftLeafCount,
  type Subtree,
} from './subtrees.ts';
import type { Suite } from './suite.ts';

export const hashBytes = 32;

/** 01 ‖ left ‖ right, for one node after another: a hash takes what it is made of, and keeps nothing. */
const node = new Uint8Array(1 + 2 * hashBytes);
node[0] = 1;

/** 00 ‖ data, alike. Longer ones get a place of their own. */
const leafRoom = new Uint8Array(1 + 4 * 1024);

/** The root of a tree without leaves: SHA-256 of nothing. */
export function emptyRoot(suite: Suite): Uint8Array {
  return suite.sha256(new Uint8Array());
}

/** SHA-256(00 ‖ data). */
export function leafHash(suite: Suite, data: Uint8Array): Uint8Array {
  const length = 1 + data.length;
  const leaf = length <= leafRoom.length ? leafRoom.subarray(0, length) : new Uint8Array(length);
  leaf.set(data, 1);
  return suite.sha256(leaf);
}

/** SHA-256(01 ‖ left ‖ right). */
export function nodeHash(suite: Suite, left: Uint8Array, right: Uint8Array): Uint8Array {
  assert(isHash(left) && isHash(right), 'a node is made of two hashes');
  node.set(left, 1);
  node.set(right, 1 + hashBytes);
  return suite.sha256(node);
}

/** MTH of §2.1.1 over the hashes of all leaves. */
export function rootOf(suite: Suite, leafHashes: readonly Uint8Array[]): Uint8Array {
  if (leafHashes.length === 0) return emptyRoot(suite);
  return hashOf(suite, leafHashes, 0, leafHashes.length);
}

/** The root of a part of the leaves that is not empty. */
export function subtreeRoot(
  suite: Suite,
  leafHashes: readonly Uint8Array[],
  { start, end }: Subtree,
): Uint8Array {
  return hashOf(suite, leafHashes, start, end);
}

function hashOf(
  suite: Suite,
  leafHashes: readonly Uint8Array[],
  start: number,
  end: number,
): Uint8Array {
  if (end - start === 1) {
    const leaf = leafHashes[start];
    assert(leaf !== undefined, 'a subtree lies within its tree');
    return leaf;
  }
  const middle = start + leftLeafCount(end - start);
  const left = hashOf(suite, leafHashes, start, middle);
  return nodeHash(suite, left, hashOf(suite, leafHashes, middle, end));
}

/** The path of leaf `index` to the root of all leaves, from the leaf upward (§2.1.3.1). */
export function inclusionProof(
  suite: Suite,
  leafHashes: readonly Uint8Array[],
  index: number,
): Uint8Array[] {
  const size = leafHashes.length;
  assert(Number.isInteger(index) && index >= 0 && index < size, 'the leaf is in the tree');
  return inclusionSubtrees({ index, size }).map((part) => subtreeRoot(suite, leafHashes, part));
}

/** True where `path` proves that leaf `index` of the tree (size, root) has this hash (§2.1.3.2). */
export function verifyInclusion(
  suite: Suite,
  proof: {
    readonly leafHash: Uint8Array;
    readonly index: number;
    readonly size: number;
    readonly path: readonly Uint8Array[];
    readonly root: Uint8Array;
  },
): boolean {
  const root = inclusionRoot(suite, proof);
  return root !== undefined && equal(root, proof.root);
}

/** The root that a path leads to; undefined where no path of this length exists in a tree of this size. */
export function inclusionRoot(
  suite: Suite,
  proof: {
    readonly leafHash: Uint8Array;
    readonly index: number;
    readonly size: number;
    readonly path: readonly Uint8Array[];
  },
): Uint8Array | undefined {
  const { leafHash, index, size, path } = proof;
  if (!isTreeSize(size) || !Number.isInteger(index) || index < 0 || index >= size) return undefined;
  const siblings = inclusionSubtrees({ index, size });
  if (path.length !== siblings.length || ![leafHash, ...path].every(isHash)) return undefined;
  let hash = leafHash;
  for (const [i, sibling] of siblings.entries()) {
    const other = path[i] as Uint8Array;
    hash = sibling.end <= index ? nodeHash(suite, other, hash) : nodeHash(suite, hash, other);
  }
  return hash;
}

/**
 * The proof that the first `from` leaves are a prefix of all (§2.1.4.1). Empty for 0, which the RFC leaves
 * undefined, and where nothing was added.
 */
export function consistencyProof(
  suite: Suite,
  leafHashes: readonly Uint8Array[],
  from: number,
): Uint8Array[] {
  const to = leafHashes.length;
  assert(Number.isInteger(from) && from >= 0 && from <= to, 'the old tree is part of the new');
  if (from === 0) return [];
  return consistencySubtrees({ from, to }).map((part) => subtreeRoot(suite, leafHashes, part));
}

/**
 * True where `path` proves that the tree (from, fromRoot) is a prefix of (to, toRoot) (§2.1.4.2).
 * The empty tree (0, emptyRoot) is a prefix of every tree, and its path is empty; `to` is at least
 * 1.
 */
export function verifyConsistency(
  suite: Suite,
  proof: {
    readonly from: number;
    readonly to: number;
    readonly fromRoot: Uint8Array;
    readonly toRoot: Uint8Array;
    readonly path: readonly Uint8Array[];
  },
): boolean {
  const { from, to, fromRoot, toRoot, path } = proof;
  if (!isTreeSize(to) || !isHash(toRoot)) return false;
  if (from === 0) return path.length === 0 && equal(fromRoot, emptyRoot(suite));
  if (!isTreeSize(from) || from > to) return false;
  const subtrees = consistencySubtrees({ from, to });
  if (path.length !== subtrees.length || ![fromRoot, ...path].every(isHash)) return false;
  let oldHash = fromRoot;
  let newHash = fromRoot;
  for (const [i, subtree] of subtrees.entries()) {
    const hash = path[i] as Uint8Array;
    if (subtree.end === from) {
      oldHash = hash;
      newHash = hash;
    } else if (subtree.end < from) {
      oldHash = nodeHash(suite, hash, oldHash);
      newHash = nodeHash(suite, hash, newHash);
    } else {
      newHash = nodeHash(suite, newHash, hash);
    }
  }
  return equal(oldHash, fromRoot) && equal(newHash, toRoot);
}

/** Without this, 31 bytes beside 33 would hash like 32 beside 32. */
export function isHash(bytes: Uint8Array): boolean {
  return bytes.length === hashBytes;
}
