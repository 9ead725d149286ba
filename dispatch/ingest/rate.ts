// SPDX-License-Identifier: Apache-2.0
// So many a second, and as many at once: what an answer to strangers, or a line in the log, may
// cost.

export class Rate {
  readonly #perSecond: number;
  readonly #monotonicMs: () => number;
  #left: number;
  #filledMs: number;

  constructor(perSecond: number, monotonicMs: () => number) {
    this.#perSecond = perSecond;
    this.#monotonicMs = monotonicMs;
    this.#left = perSecond;
    this.#filledMs = monotonicMs();
  }

  /** Takes one, if one is left. */
  take(): boolean {
    const nowMs = this.#monotonicMs();
    const gained = ((nowMs - this.#filledMs) / 1_000) * this.#perSecond;
    this.#left = Math.min(this.#perSecond, this.#left + gained);
    this.#filledMs = nowMs;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
