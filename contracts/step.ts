// SPDX-License-Identifier: Apache-2.0
// From one reading of a register to the next: whether that step is plausible, and what a counter
// counted in it. Never a negative amount and never a huge one: what is not plausible is no step
// at all.

import type { ValueSchema } from '../base/schema.ts';

/** `atMs` may count from any instant, if it is the same for both readings of a step. */
export type Reading = { readonly mantissa: number; readonly atMs: number };

export type Step = {
  /** What a counter counted; 0 for an instantaneous value. */
  readonly amount: number;
  /** The counter went past its largest value and began again at 0. */
  readonly rollover: boolean;
};

const still: Step = Object.freeze({ amount: 0, rollover: false });

/** undefined where the step is not plausible: a spike, or a counter that was reset. */
export function stepBetween(
  value: ValueSchema,
  earlier: Reading,
  later: Reading,
): Step | undefined {
  const elapsedMs = Math.abs(later.atMs - earlier.atMs);
  const change = later.mantissa - earlier.mantissa;
  if (value.kind === 'instantaneous') {
    return withinSlope(value, Math.abs(change), elapsedMs) ? still : undefined;
  }
  if (change >= 0) {
    return withinSlope(value, change, elapsedMs) ? { amount: change, rollover: false } : undefined;
  }
  return rolledOver(value, earlier, later);
}

/** Sums stay safe integers whatever a meter sends; only absurd input gets that far. */
export function addAmounts(a: number, b: number): number {
  return Math.min(a + b, Number.MAX_SAFE_INTEGER);
}

/** The change is no more than `maxStepPerSecond` allows, which grows with the time between the
 * two, so that a silence is not followed by spikes. */
function withinSlope(value: ValueSchema, change: number, elapsedMs: number): boolean {
  if (!Number.isSafeInteger(change)) return false;
  if (value.maxStepPerSecond === null) return true;
  return BigInt(change) * 1_000n <= BigInt(value.maxStepPerSecond) * BigInt(elapsedMs);
}

const shortWay = 5;

/** A fall is a rollover if the way over the top is short: as short as the slope allows, or, where
 * no slope is known, no more than a fifth of the range. */
function rolledOver(value: ValueSchema, earlier: Reading, later: Reading): Step | undefined {
  const { max } = value;
  if (max === null || later.mantissa < 0) return undefined;
  const amount = max - earlier.mantissa + 1 + later.mantissa;
  const short =
    value.maxStepPerSecond === null
      ? amount <= Math.floor(max / shortWay)
      : withinSlope(value, amount, Math.abs(later.atMs - earlier.atMs));
  return short && amount > 0 ? { amount, rollover: true } : undefined;
}
