// SPDX-License-Identifier: Apache-2.0
// What a line may spend on devices that do not answer: a share of its time, saved up to a bound.
// Pure: it is told the time.

// Of the 5 % that is promised, a tenth is for deaths that nobody could foresee.
const troubleShare = 0.045;
// A death that nobody could foresee is not paid for so long that the device is found late.
const debtMaxMs = 250;

export class TroubleBudget {
  readonly #savingsMaxMs: number;
  #savedMs = 0;
  #atMs: number;

  constructor({ nowMs, savingsMaxMs }: { readonly nowMs: number; readonly savingsMaxMs: number }) {
    this.#atMs = nowMs;
    this.#savingsMaxMs = savingsMaxMs;
  }

  canSpend(costMs: number, nowMs: number): boolean {
    return this.#refilled(nowMs) >= costMs;
  }

  /** When it can; Infinity where it never saves so much. */
  canSpendAtMs(costMs: number, nowMs: number): number {
    if (costMs > this.#savingsMaxMs) return Number.POSITIVE_INFINITY;
    return nowMs + Math.max(costMs - this.#refilled(nowMs), 0) / troubleShare;
  }

  spend(costMs: number, nowMs: number): void {
    this.#savedMs = Math.max(this.#refilled(nowMs) - costMs, -debtMaxMs);
  }

  #refilled(nowMs: number): number {
    const gainedMs = troubleShare * Math.max(nowMs - this.#atMs, 0);
    this.#savedMs = Math.min(this.#savedMs + gainedMs, this.#savingsMaxMs);
    this.#atMs = Math.max(nowMs, this.#atMs);
    return this.#savedMs;
  }
}
