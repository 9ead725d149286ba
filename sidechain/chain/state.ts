// SPDX-License-Identifier: Apache-2.0
// Chain state: named values, alike on all members after the same block. What a block writes is collected,
// and the state hash is chained over it, so that two members whose writes ever differ differ for ever.

import { assert } from '../../base/assert.ts';
import { compareUtf8, concat } from '../../base/bytes.ts';
import { type CborValue, decode, encode } from '../../base/cbor.ts';
import type { StateView } from '../../base/machine.ts';
import { rootOf } from '../../base/merkle.ts';
import type { Suite } from '../../base/suite.ts';
import { pairHash, StateLeaves } from './state-leaves.ts';

/** One write of a block: the encoded value, or null where the key was deleted. */
export type StateWrite = readonly [key: string, value: Uint8Array | null];

/** The hash before any block. */
export const noStateHash = new Uint8Array(32);

/** So many values that were read are kept decoded from block to block: more than a block reads as a rule. */
const decodedMax = 1_024;

export class ChainState {
  readonly #values = new Map<string, Uint8Array>();
  readonly #decoded = new Map<string, CborValue>();
  readonly #dirty = new Set<string>();
  readonly #leaves: StateLeaves;

  constructor(pairs: Iterable<readonly [string, Uint8Array]> = []) {
    for (const [key, value] of pairs) this.#values.set(key, value);
    this.#leaves = new StateLeaves(this.#values);
  }

  /** How many pairs there are. */
  get size(): number {
    return this.#values.size;
  }

  get(key: string): CborValue | undefined {
    const known = this.#decoded.get(key);
    if (known !== undefined) return known;
    const bytes = this.#values.get(key);
    if (bytes === undefined) return undefined;
    const decoded = decode(bytes);
    assert(decoded.ok, `state value ${key} is canonical CBOR`);
    this.#decoded.set(key, decoded.value);
    return decoded.value;
  }

  put(key: string, value: CborValue): void {
    this.#decoded.set(key, value);
    this.#dirty.add(key);
  }

  delete(key: string): void {
    this.#decoded.delete(key);
    this.#values.delete(key);
    this.#dirty.add(key);
  }

  /** The state as one machine sees it: its own keys only, under its own name. */
  view(machine: string): StateView {
    assert(!machine.includes('/'), 'no name of a machine begins the keys of another');
    const prefix = `machine/${machine}/`;
    return {
      get: (key) => this.get(prefix + key),
      put: (key, value) => this.put(prefix + key, value),
      delete: (key) => this.delete(prefix + key),
    };
  }

  /**
   * Ends a block: what it wrote, each key once with its last value, in bytewise order of the keys.
   * From here on a value is read back from its bytes, as it is after a restart: a map in the order
   * of its keys, a small bigint as a number.
   */
  takeWrites(): readonly StateWrite[] {
    const keys = [...this.#dirty].sort(compareUtf8);
    this.#dirty.clear();
    const writes = keys.map((key): StateWrite => {
      this.#leaves.touch(key);
      const value = this.#decoded.get(key);
      if (value === undefined) return [key, null];
      const bytes = encode(value);
      this.#values.set(key, bytes);
      this.#decoded.delete(key);
      return [key, bytes];
    });
    // A window is read once more when the next one closes, and then for a day no more.
    if (this.#decoded.size > decodedMax) this.#decoded.clear();
    return writes;
  }

  /** All pairs in bytewise order of the keys: what a snapshot holds and the state root is made of. */
  pairs(): readonly (readonly [string, Uint8Array])[] {
    assert(this.#dirty.size === 0, 'pairs are read between blocks');
    return this.#leaves.keys().map((key) => [key, this.#values.get(key) as Uint8Array] as const);
  }

  /** As `stateRoot` of all pairs, at the price of those that changed since it was asked last. */
  root(suite: Suite): Uint8Array {
    assert(this.#dirty.size === 0, 'the root is made between blocks');
    return this.#leaves.root(suite);
  }
}

/** State hash of a block: over the one before it and the block's ordered writes. */
export function chainStateHash(
  suite: Suite,
  previous: Uint8Array,
  writes: readonly StateWrite[],
): Uint8Array {
  return suite.sha256(concat(previous, encode(writes.map(([key, value]) => [key, value]))));
}

/** RFC 9162 root over the key-sorted pairs, for whoever has the pairs alone. */
export function stateRoot(
  suite: Suite,
  pairs: readonly (readonly [string, Uint8Array])[],
): Uint8Array {
  return rootOf(
    suite,
    pairs.map(([key, value]) => pairHash(suite, key, value)),
  );
}
