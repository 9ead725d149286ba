// SPDX-License-Identifier: Apache-2.0
// The entries that wait for a block, and when a block is cut: when enough of them wait, or the
// oldest has waited long enough. In order of arrival; nothing is dropped. A block without entries
// is idle.ts' business.

import { assert } from '../../base/assert.ts';
import { limits } from '../../base/limits.ts';
import { Recent } from '../../base/recent.ts';
import type { BlockEntry } from './block.ts';

export type CuttingRules = {
  /** As many entries make a block at once. */
  readonly itemsMax: number;
  /** An entry waits no longer than this. */
  readonly ageMs: number;
};

type Waiting<Item> = { readonly item: Item; readonly bytes: number; readonly sinceMs: number };

/** What entries may come to in one block; the rest is for time, clock and secret. */
const entriesBytesMax = limits.blockBytesMax - limits.blockOverheadBytes;

/** Heads of CBOR strings and lists, at their longest. */
const headBytes = 9;

/** Of entries that were counted lately: a batch has thousands of packs, and is asked about at each step. */
const counted = new Recent<BlockEntry, number>(limits.openedEntriesMax);

/** An upper bound of what an entry adds to a block. */
export function blockEntryBytes(entry: BlockEntry): number {
  return counted.get(entry, () => count(entry));
}

function count({ entry, packs }: BlockEntry): number {
  const bare = entry.length + 2 * headBytes;
  if (packs === undefined) return bare;
  const packBytes = packs.packs.reduce((sum, pack) => sum + pack.length + headBytes, 0);
  return bare + packs.secret.length + packBytes + 2 * headBytes;
}

/** Whether an entry, with its packs, can be in a block at all. */
export function fitsIntoBlock(entry: BlockEntry): boolean {
  return blockEntryBytes(entry) <= entriesBytesMax;
}

export class Pool<Item extends { readonly entry: BlockEntry }> {
  readonly #rules: CuttingRules;
  #waiting: Waiting<Item>[] = [];
  #bytes = 0;

  constructor(rules: CuttingRules) {
    assert(rules.itemsMax >= 1 && rules.itemsMax <= limits.blockEntriesMax, 'a block has room');
    this.#rules = rules;
  }

  get length(): number {
    return this.#waiting.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** `nowMs` on a clock that never goes back. */
  add(item: Item, nowMs: number): void {
    const bytes = blockEntryBytes(item.entry);
    assert(bytes <= entriesBytesMax, 'an entry that fits into no block is not let in');
    this.#waiting.push({ item, bytes, sinceMs: nowMs });
    this.#bytes += bytes;
  }

  isDue(nowMs: number): boolean {
    const oldest = this.#waiting[0];
    if (oldest === undefined) return false;
    return (
      this.#waiting.length >= this.#rules.itemsMax ||
      this.#bytes >= entriesBytesMax ||
      nowMs - oldest.sinceMs >= this.#rules.ageMs
    );
  }

  /** The oldest, as many as go into one block; they stay until they are removed. */
  next(): readonly Item[] {
    let bytes = 0;
    let count = 0;
    for (const waiting of this.#waiting.slice(0, this.#rules.itemsMax)) {
      bytes += waiting.bytes;
      if (bytes > entriesBytesMax) break;
      count += 1;
    }
    return this.#waiting.slice(0, count).map(({ item }) => item);
  }

  /** The oldest are in a block now. */
  remove(count: number): void {
    for (const { bytes } of this.#waiting.splice(0, count)) this.#bytes -= bytes;
  }

  /** For those that no block can take any more. */
  removeIf(isHopeless: (item: Item) => boolean): void {
    const kept = this.#waiting.filter(({ item }) => !isHopeless(item));
    this.#waiting = kept;
    this.#bytes = kept.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** For one who may not cut blocks any more. */
  clear(): void {
    this.#waiting = [];
    this.#bytes = 0;
  }
}
