// SPDX-License-Identifier: Apache-2.0
// Virtual time: what is to happen, in the order of when, and what is due at once in the order in which it
// was planned. Nothing waits: time jumps to the next event. Invariant: time never goes back.

import { assert } from '../../../base/assert.ts';

type Event = { readonly atMs: number; readonly order: number; readonly run: () => void };

export class Timeline {
  #nowMs = 0;
  #orderCount = 0;
  /** A heap: nobody is before its parent, at half its place. */
  readonly #heap: Event[] = [];

  get nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): void {
    assert(delayMs >= 0, 'nothing is planned for the past');
    this.#orderCount += 1;
    this.#push({ atMs: this.#nowMs + delayMs, order: this.#orderCount, run });
  }

  /** Lets happen what is due within `durationMs`. */
  pass(durationMs: number): void {
    const endMs = this.#nowMs + durationMs;
    while (this.#runNext(endMs));
    this.#nowMs = endMs;
  }

  /** The same where what happens has promises to keep: `settle` comes back when all are kept. */
  async passSettled(durationMs: number, settle: () => Promise<void>): Promise<void> {
    const endMs = this.#nowMs + durationMs;
    await settle();
    while (this.#runNext(endMs)) await settle();
    this.#nowMs = endMs;
  }

  #runNext(endMs: number): boolean {
    const [next] = this.#heap;
    if (next === undefined || next.atMs > endMs) return false;
    this.#pop();
    this.#nowMs = next.atMs;
    next.run();
    return true;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let place = heap.length;
    heap.push(event);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (isBefore(heap[parent], event)) break;
      heap[place] = heap[parent] ?? event;
      place = parent;
    }
    heap[place] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      const child = isBefore(heap[left + 1], heap[left]) ? left + 1 : left;
      const next = heap[child];
      if (next === undefined || isBefore(last, next)) break;
      heap[place] = next;
      place = child;
    }
    heap[place] = last;
  }
}

function isBefore(a: Event | undefined, b: Event | undefined): boolean {
  if (a === undefined || b === undefined) return a !== undefined;
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
