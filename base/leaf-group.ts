// SPDX-License-Identifier: Apache-2.0
// The leaves of one group of a tree, with the subtrees over them: each complete one is hashed once,
// so that the proofs of many leaves of a group cost little more than that of one.

import { assert } from './assert.ts';
import { nodeHash } from './merkle.ts';
import { leftLeafCount, type Subtree } from './subtrees.ts';
import type { Suite } from './suite.ts';

export class LeafGroup {
  readonly #suite: Suite;
  /** #levels[i][j]: hash of the leaves from j · 2^i on, 2^i of them; made when it is asked for. */
  readonly #levels: (Uint8Array | undefined)[][];

  constructor(suite: Suite, leafHashes: readonly Uint8Array[] = []) {
    this.#suite = suite;
    this.#levels = [[...leafHashes]];
  }

  get size(): number {
    return this.#leaves.length;
  }

  append(leafHash: Uint8Array): void {
    this.#leaves.push(leafHash);
  }

  /** Of a subtree as RFC 9162 cuts them, counted from the first leaf of the group. */
  hash({ start, end }: Subtree): Uint8Array {
    assert(start >= 0 && start < end && end <= this.size, 'a subtree lies within its group');
    const leafCount = end - start;
    const level = 31 - Math.clz32(leafCount);
    const place = start / leafCount;
    if (2 ** level !== leafCount || !Number.isInteger(place)) return this.#make({ start, end });
    const hashes = this.#level(level);
    const known = hashes[place];
    if (known !== undefined) return known;
    const made = this.#make({ start, end });
    hashes[place] = made;
    return made;
  }

  #make({ start, end }: Subtree): Uint8Array {
    const middle = start + leftLeafCount(end - start);
    const left = this.hash({ start, end: middle });
    return nodeHash(this.#suite, left, this.hash({ start: middle, end }));
  }

  get #leaves(): (Uint8Array | undefined)[] {
    return this.#level(0);
  }

  #level(level: number): (Uint8Array | undefined)[] {
    while (this.#levels.length <= level) this.#levels.push([]);
    return this.#levels[level] as (Uint8Array | undefined)[];
  }
}
