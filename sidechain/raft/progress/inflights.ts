// SPDX-License-Identifier: Apache-2.0
// The appends under way to one follower and not yet acknowledged: a window, limited in messages and
// in bytes. Invariant: indexes ascend.

import { assert } from '../../../base/assert.ts';

export type InflightLimits = { readonly messagesMax: number; readonly bytesMax: number };

/** One append message: the index of its last entry, and the bytes of its entries. */
type Inflight = { readonly index: number; readonly bytes: number };

export class Inflights {
  readonly #limits: InflightLimits;
  #window: Inflight[] = [];
  #bytes = 0;

  constructor(limits: InflightLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#window.length;
  }

  /** The last message may go beyond the bytes: else one larger than the limit could never be
   * sent. */
  isFull(): boolean {
    return this.#window.length >= this.#limits.messagesMax || this.#bytes >= this.#limits.bytesMax;
  }

  add(message: Inflight): void {
    assert(!this.isFull(), 'nothing is sent while the window is full');
    assert(message.index >= (this.#window.at(-1)?.index ?? 0), 'messages are sent in order');
    this.#window.push(message);
    this.#bytes += message.bytes;
  }

  /** The follower has acknowledged everything up to `index`. */
  freeUpTo(index: number): void {
    const left = this.#window.findIndex((message) => message.index > index);
    const freed = this.#window.splice(0, left === -1 ? this.#window.length : left);
    for (const message of freed) this.#bytes -= message.bytes;
  }

  reset(): void {
    this.#window = [];
    this.#bytes = 0;
  }
}
