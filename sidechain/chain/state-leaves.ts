// SPDX-License-Identifier: Apache-2.0
// The keys of a state in their order, and the hashes of its leaves, kept from one state root to the next.
// Of the 14,400 windows of a day some hundreds change between two roots: only these are sorted in and
// hashed again. Some 40 bytes a pair, where the pair itself has some hundreds.

import { assert } from '../../base/assert.ts';
import { compareUtf8 } from '../../base/bytes.ts';
import { encode } from '../../base/cbor.ts';
import { hashBytes, leafHash, rootOf } from '../../base/merkle.ts';
import type { Suite } from '../../base/suite.ts';

/** Hash of the leaf of one pair: leaf data = the CBOR array [key, value]. */
export function pairHash(suite: Suite, key: string, value: Uint8Array): Uint8Array {
  return leafHash(suite, encode([key, value]));
}

export class StateLeaves {
  readonly #values: ReadonlyMap<string, Uint8Array>;
  /** In bytewise order of their UTF-8, but for what was touched since. */
  #keys: readonly string[] = [];
  /** Of the leaves of #keys, one after another. */
  #hashes = new Uint8Array();
  /** Keys that were written or deleted since #keys were sorted. */
  readonly #touched: Set<string>;
  /** Keys among #keys whose leaves are not hashed yet. */
  #unhashed = new Set<string>();

  /** @param values the state itself, of which nothing is copied. */
  constructor(values: ReadonlyMap<string, Uint8Array>) {
    this.#values = values;
    this.#touched = new Set(values.keys());
  }

  /** To be told of each key that is written or deleted. */
  touch(key: string): void {
    this.#touched.add(key);
  }

  /** All keys in bytewise order. */
  keys(): readonly string[] {
    if (this.#touched.size > 0) this.#sortIn();
    return this.#keys;
  }

  /** RFC 9162 root over all pairs in the order of their keys. */
  root(suite: Suite): Uint8Array {
    const keys = this.keys();
    for (const [i, key] of keys.entries()) {
      if (!this.#unhashed.has(key)) continue;
      const value = this.#values.get(key);
      assert(value !== undefined, 'a key has its value');
      this.#hashes.set(pairHash(suite, key, value), i * hashBytes);
    }
    this.#unhashed = new Set();
    return rootOf(
      suite,
      keys.map((_, i) => this.#hashAt(i)),
    );
  }

  #hashAt(i: number): Uint8Array {
    return this.#hashes.subarray(i * hashBytes, (i + 1) * hashBytes);
  }

  #sortIn(): void {
    const touched = this.#touched;
    const arrived = [...touched].filter((key) => this.#values.has(key)).sort(compareUtf8);
    const left = this.#keys.flatMap((key, i) => (touched.has(key) ? [] : [i]));
    const keys: string[] = [];
    const hashes = new Uint8Array((left.length + arrived.length) * hashBytes);
    let next = 0;
    for (const i of left) {
      const key = this.#keys[i] as string;
      for (; next < arrived.length; next++) {
        const other = arrived[next] as string;
        if (compareUtf8(other, key) > 0) break;
        keys.push(other);
      }
      hashes.set(this.#hashAt(i), keys.length * hashBytes);
      keys.push(key);
    }
    this.#keys = [...keys, ...arrived.slice(next)];
    this.#hashes = hashes;
    this.#unhashed = new Set([...this.#unhashed].filter((key) => this.#values.has(key)));
    for (const key of arrived) this.#unhashed.add(key);
    touched.clear();
  }
}
