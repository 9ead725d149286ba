// SPDX-License-Identifier: Apache-2.0
// The windows of one register in a stretch of time, in the order of their starts: between which of
// them nothing has come, and which come twice.

import { assert } from '../base/assert.ts';

/** Unix ms; `toMs` is the first instant behind it. */
export type Span = { readonly fromMs: number; readonly toMs: number };

export class WindowOrder {
  readonly #span: Span;
  #reachedMs: number;
  #windowMs = 0;

  /** Windows that start in it belong to it. */
  constructor(span: Span) {
    assert(span.fromMs < span.toMs, 'a stretch of time has a length');
    this.#span = span;
    this.#reachedMs = span.fromMs;
  }

  /** Of the newest window; 0 before the first. */
  get windowMs(): number {
    return this.#windowMs;
  }

  /**
   * `again`: its time is told already, and it counts for nothing. `absent`: what nothing has come
   * for between the window before and this one.
   */
  next(window: { readonly startMs: number; readonly windowMs: number }): {
    readonly again: boolean;
    readonly absent: Span | undefined;
  } {
    const { startMs, windowMs } = window;
    const { fromMs, toMs } = this.#span;
    assert(startMs >= fromMs && startMs < toMs, 'a window starts in the stretch');
    if (this.#windowMs > 0 && startMs < this.#reachedMs) return { again: true, absent: undefined };
    // A stretch that begins in the midst of a window lacks nothing before the next.
    const dueMs = Math.ceil(this.#reachedMs / windowMs) * windowMs;
    this.#windowMs = windowMs;
    this.#reachedMs = startMs + windowMs;
    return { again: false, absent: startMs > dueMs ? { fromMs: dueMs, toMs: startMs } : undefined };
  }

  /** What nothing has come for behind the newest window. */
  rest(): Span | undefined {
    const { toMs } = this.#span;
    return this.#reachedMs < toMs ? { fromMs: this.#reachedMs, toMs } : undefined;
  }
}
