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
    for (let next = this.#heap[0]; next !== undefined && next.atMs <= endMs; next = this.#heap[0]) {
      this.#pop();
      this.#nowMs = next.atMs;
      next.run();
    }
    this.#nowMs = endMs;
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
