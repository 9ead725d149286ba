// SPDX-License-Identifier: Apache-2.0
// A list of hashes that only grows, in one piece of memory: 32 bytes each, where an array of Uint8Array costs
// several times that.

import { assert } from './assert.ts';
import { hashBytes, isHash } from './merkle.ts';

export class HashList {
  #bytes = new Uint8Array(hashBytes);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(hash: Uint8Array): void {
    assert(isHash(hash), 'a hash has 32 bytes');
    const offset = this.#length * hashBytes;
    if (offset === this.#bytes.length) {
      const larger = new Uint8Array(2 * offset);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(hash, offset);
    this.#length++;
  }

  /** A copy. */
  at(index: number): Uint8Array {
    assert(index >= 0 && index < this.#length, 'the index is in the list');
    return this.#bytes.slice(index * hashBytes, (index + 1) * hashBytes);
  }
}
