// SPDX-License-Identifier: Apache-2.0
// Leaf hashes of the main log for its tree, which asks for them in passing and cannot wait: the
// newest groups are kept as they are appended, older ones are read before a proof is made. Memory
// does not grow with the log.

import { assert } from '../../base/assert.ts';
import { limits } from '../../base/limits.ts';
import { groupSize, type LeafHashes } from '../../base/tree.ts';

/**
 * Groups kept as appended: more than one batch can fill, so none is asked for that is not yet
 * written.
 */
const recentGroups = Math.ceil(limits.orderingBatchMax / groupSize) + 2;

export class LeafGroups implements LeafHashes {
  readonly #read: (group: number) => Promise<readonly Uint8Array[]>;
  readonly #recent = new Map<number, Uint8Array[]>();
  /** Read again, the least recently used first. */
  readonly #older = new Map<number, readonly Uint8Array[]>();
  /** Being read: the proofs of a whole batch ask for the same at once. */
  readonly #reading = new Map<number, Promise<void>>();

  /** `read` brings all leaf hashes of a complete group. */
  constructor(read: (group: number) => Promise<readonly Uint8Array[]>) {
    this.#read = read;
  }

  /** In order; the first one may be the first of any group. */
  append(index: number, leafHash: Uint8Array): void {
    const group = Math.floor(index / groupSize);
    const leafHashes = this.#recent.get(group) ?? [];
    assert(leafHashes.length === index % groupSize, 'leaves are appended in order');
    leafHashes.push(leafHash);
    this.#recent.set(group, leafHashes);
    this.#recent.delete(group - recentGroups);
  }

  leafHashAt(index: number): Uint8Array {
    const leafHash = this.#group(Math.floor(index / groupSize))?.[index % groupSize];
    assert(leafHash !== undefined, `leaf ${index} was read before the proof through it`);
    return leafHash;
  }

  /**
   * Runs `prove` when the complete groups around these leaves are at hand. `prove` must not wait.
   */
  async around<T>(leaves: readonly number[], size: number, prove: () => T): Promise<T> {
    const groups = new Set(leaves.map((index) => Math.floor(index / groupSize)));
    const complete = [...groups].filter((group) => group >= 0 && (group + 1) * groupSize <= size);
    for (;;) {
      const missing = complete.find((group) => this.#group(group) === undefined);
      if (missing === undefined) return prove();
      await this.#readOnce(missing);
    }
  }

  #readOnce(group: number): Promise<void> {
    const known = this.#reading.get(group);
    if (known !== undefined) return known;
    const reading = this.#read(group)
      .then((leafHashes) => this.#keep(group, leafHashes))
      .finally(() => this.#reading.delete(group));
    this.#reading.set(group, reading);
    return reading;
  }

  #group(group: number): readonly Uint8Array[] | undefined {
    return this.#recent.get(group) ?? this.#older.get(group);
  }

  #keep(group: number, leafHashes: readonly Uint8Array[]): void {
    assert(leafHashes.length === groupSize, `group ${group} of the main log is complete`);
    this.#older.set(group, leafHashes);
    for (const oldest of this.#older.keys()) {
      if (this.#older.size <= limits.leafGroupsMax) break;
      this.#older.delete(oldest);
    }
  }
}
