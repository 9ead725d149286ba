// SPDX-License-Identifier: Apache-2.0
// A log's RFC 9162 tree that answers roots and proofs of every size it ever had. In memory: the hashes of all
// complete subtrees of 256 leaves and above (64 bytes for 256 leaves) and the leaves of the last, incomplete
// group; and those of a few groups that were used last. Others are read again when a proof goes through them.
// Invariant: leaves read again make the hash that was kept of them; a proof over changed ones is never given.

import { assert } from './assert.ts';
import { equal } from './bytes.ts';
import { TielineError } from './errors.ts';
import { HashList } from './hash-list.ts';
import { LeafGroup } from './leaf-group.ts';
import { limits } from './limits.ts';
import { emptyRoot, isHash, nodeHash } from './merkle.ts';
import { consistencySubtrees, inclusionSubtrees, leftLeafCount, type Subtree } from './subtrees.ts';
import type { Suite } from './suite.ts';

/** Leaves of a group: one hash is kept of them for ever. */
export const groupSize = 256;

/** Reads leaf hashes again; asked only for leaves of complete groups. */
export type LeafHashes = { readonly leafHashAt: (index: number) => Uint8Array };

export class HistoryTree {
  readonly #suite: Suite;
  readonly #leaves: LeafHashes;
  /** #levels[i] holds the hashes of all complete subtrees of 256 · 2^i leaves. */
  readonly #levels: HashList[] = [new HashList()];
  /** The group that is not complete. */
  #tail: LeafGroup;
  /** Complete groups used last, the least recently used first: many proofs go through the same. */
  readonly #recent = new Map<number, LeafGroup>();

  /**
   * The empty tree; or one that starts again from its group hashes, in order. The leaves after the
   * last complete group are then appended again.
   */
  constructor(suite: Suite, leaves: LeafHashes, groupHashes: Iterable<Uint8Array> = []) {
    this.#suite = suite;
    this.#leaves = leaves;
    this.#tail = new LeafGroup(suite);
    for (const hash of groupHashes) this.#pushGroup(hash);
  }

  /** Number of leaves. */
  get size(): number {
    return this.#level(0).length * groupSize + this.#tail.size;
  }

  /** Returns the hash of the group that this leaf completes: to be stored, for the constructor. */
  append(leafHash: Uint8Array): Uint8Array | undefined {
    assert(isHash(leafHash), 'a leaf hash has 32 bytes');
    this.#tail.append(leafHash);
    if (this.#tail.size < groupSize) return undefined;
    const groupHash = this.#tail.hash({ start: 0, end: groupSize });
    this.#keep(this.#level(0).length, this.#tail);
    this.#tail = new LeafGroup(this.#suite);
    this.#pushGroup(groupHash);
    return groupHash;
  }

  /** The root of the first `size` leaves. */
  root(size: number = this.size): Uint8Array {
    this.#assertSize(size);
    return size === 0 ? emptyRoot(this.#suite) : this.#hash({ start: 0, end: size });
  }

  /** The path of leaf `index` to the root of the first `size` leaves. */
  inclusion(index: number, size: number = this.size): Uint8Array[] {
    this.#assertSize(size);
    assert(Number.isInteger(index) && index >= 0 && index < size, 'the leaf is in the tree');
    return inclusionSubtrees({ index, size }).map((part) => this.#hash(part));
  }

  /** The proof that the first `from` leaves are a prefix of the first `to`. */
  consistency(from: number, to: number = this.size): Uint8Array[] {
    this.#assertSize(to);
    assert(Number.isInteger(from) && from >= 0 && from <= to, 'the old tree is part of the new');
    return from === 0 ? [] : consistencySubtrees({ from, to }).map((part) => this.#hash(part));
  }

  /** Root of the complete subtree number `place` of 256^`level` leaves, from level 1 on. */
  completeHash(level: number, place: number): Uint8Array {
    const end = (place + 1) * groupSize ** level;
    assert(level >= 1 && place >= 0 && end <= this.size, 'the subtree is complete');
    return this.#level(Math.log2(groupSize) * (level - 1)).at(place);
  }

  #level(level: number): HashList {
    const hashes = this.#levels[level];
    assert(hashes !== undefined, 'a level exists before its hashes are read');
    return hashes;
  }

  /** Two complete neighbours make one of the next level, and so on upward. */
  #pushGroup(groupHash: Uint8Array): void {
    let hash = groupHash;
    for (let level = 0; ; level++) {
      if (level === this.#levels.length) this.#levels.push(new HashList());
      const hashes = this.#level(level);
      hashes.push(hash);
      if (hashes.length % 2 === 1) return;
      hash = nodeHash(this.#suite, hashes.at(hashes.length - 2), hash);
    }
  }

  /** The hash of a subtree as RFC 9162 cuts them: complete, or at the right edge of some size. */
  #hash({ start, end }: Subtree): Uint8Array {
    const leafCount = end - start;
    if (leafCount < groupSize) return this.#hashInGroup({ start, end });
    let level = 0;
    while (groupSize * 2 ** (level + 1) <= leafCount) level++;
    if (groupSize * 2 ** level === leafCount) return this.#level(level).at(start / leafCount);
    const middle = start + leftLeafCount(leafCount);
    return nodeHash(
      this.#suite,
      this.#hash({ start, end: middle }),
      this.#hash({ start: middle, end }),
    );
  }

  #hashInGroup({ start, end }: Subtree): Uint8Array {
    const group = Math.floor(start / groupSize);
    const first = group * groupSize;
    const inTail = group === this.#level(0).length;
    const leaves = inTail ? this.#tail : this.#group(group);
    return leaves.hash({ start: start - first, end: end - first });
  }

  #group(group: number): LeafGroup {
    const known = this.#recent.get(group) ?? this.#readGroup(group);
    this.#keep(group, known);
    return known;
  }

  #keep(group: number, leaves: LeafGroup): void {
    this.#recent.delete(group);
    this.#recent.set(group, leaves);
    for (const oldest of this.#recent.keys()) {
      if (this.#recent.size <= limits.treeGroupsMax) break;
      this.#recent.delete(oldest);
    }
  }

  #readGroup(group: number): LeafGroup {
    const leafHashes = Array.from({ length: groupSize }, (_, i) =>
      this.#leaves.leafHashAt(group * groupSize + i),
    );
    const leaves = new LeafGroup(this.#suite, leafHashes);
    if (!equal(leaves.hash({ start: 0, end: groupSize }), this.#level(0).at(group))) {
      const range = `${group * groupSize} to ${(group + 1) * groupSize - 1}`;
      throw new TielineError('tree-leaves', `leaves ${range} are not those that were hashed`, {
        hint: 'The storage has changed or lost data. Restore this range from another copy.',
      });
    }
    return leaves;
  }

  #assertSize(size: number): void {
    assert(Number.isInteger(size) && size >= 0 && size <= this.size, 'the tree had this size');
  }
}
