// SPDX-License-Identifier: Apache-2.0
// Steps from one reading to the next, by example and over all mantissas that can come.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stepBetween } from '../../../contracts/step.ts';
import { energy, power } from './ledger.ts';

const seed = 4;
const step = (value: typeof power, from: number, to: number, elapsedMs = 1_000) =>
  stepBetween(value, { mantissa: from, atMs: 0 }, { mantissa: to, atMs: elapsedMs });

describe('an instantaneous value', () => {
  test('may go anywhere where no slope is known', () => {
    expect(step(power, 0, 1e15)).toEqual({ amount: 0, rollover: false });
  });

  test('may go as far as the slope allows, up or down, forth or back in time', () => {
    const steep = { ...power, maxStepPerSecond: 100 };
    for (const sign of [1, -1]) {
      expect(step(steep, 0, sign * 50, 500)).toBeDefined();
      expect(step(steep, 0, sign * 51, 500)).toBeUndefined();
      expect(step(steep, 0, sign * 50, -500)).toBeDefined();
      expect(step(steep, 0, sign * 51, -500)).toBeUndefined();
    }
  });

  test('may go further after a silence', () => {
    expect(step({ ...power, maxStepPerSecond: 100 }, 0, 6_000, 60_000)).toBeDefined();
  });
});

describe('a counter', () => {
  const meter = { ...energy, max: 999 };

  test.each([
    [0, 0, 0],
    [5, 12, 7],
  ])('from %i to %i counted %i', (from, to, amount) => {
    expect(step(meter, from, to)).toEqual({ amount, rollover: false });
  });

  test.each([
    [999, 0, 1],
    [990, 9, 19],
    [900, 99, 199],
  ])('from %i over the top to %i counted %i', (from, to, amount) => {
    expect(step(meter, from, to)).toEqual({ amount, rollover: true });
  });

  test('a longer way over the top is no rollover', () => {
    expect(step(meter, 900, 100)).toBeUndefined();
    expect(step({ ...meter, maxStepPerSecond: 10 }, 995, 5)).toEqual({
      amount: 10,
      rollover: true,
    });
    expect(step({ ...meter, maxStepPerSecond: 10 }, 995, 6)).toBeUndefined();
    expect(step({ ...meter, maxStepPerSecond: 10 }, 995, 6, 2_000)).toBeDefined();
  });

  test('without a largest value, a fall is no step', () => {
    expect(step(energy, 999, 0)).toBeUndefined();
  });

  test('never counts a negative amount, nor one that is no safe integer', () => {
    fc.assert(
      fc.property(
        fc.maxSafeInteger(),
        fc.maxSafeInteger(),
        fc.option(fc.maxSafeInteger()),
        fc.option(fc.maxSafeNat()),
        fc.integer({ min: -1e10, max: 1e10 }),
        (from, to, max, maxStepPerSecond, elapsedMs) => {
          const amount =
            step({ ...energy, max, maxStepPerSecond }, from, to, elapsedMs)?.amount ?? 0;
          expect(Number.isSafeInteger(amount)).toBe(true);
          expect(amount).toBeGreaterThanOrEqual(0);
        },
      ),
      { seed, numRuns: 1_000 },
    );
  });
});
