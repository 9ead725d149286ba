// SPDX-License-Identifier: Apache-2.0
// Runs and the holes between them, with a period of 1 s.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limits } from '../../../base/limits.ts';
import {
  covers,
  merged,
  missingIn,
  type Runs,
  toleranceOf,
  withTime,
} from '../../../contracts/runs.ts';

const seed = 3;
const toleranceMs = toleranceOf(1_000);
const runsOf = (times: readonly number[]) =>
  times.reduce<Runs>((runs, atMs) => withTime(runs, atMs, toleranceMs), []);
const missing = (...times: readonly number[]) =>
  missingIn(runsOf(times), { windowMs: 10_000, periodMs: 1_000 });

describe('runs', () => {
  test('readings up to one and a half periods apart are one run', () => {
    expect(runsOf([0, 1_500, 2_500])).toEqual([0, 2_500]);
    expect(runsOf([0, 1_501])).toEqual([0, 0, 1_501, 1_501]);
    expect(runsOf([0, 2_000, 1_000])).toEqual([0, 2_000]);
  });

  test('do not depend on the order of readings', () => {
    const times = fc.uniqueArray(fc.nat({ max: 30_000 }), { maxLength: 40 });
    fc.assert(
      fc.property(times, (given) => {
        const sorted = given.toSorted((a, b) => a - b);
        const starts = sorted.filter((at, i) => i === 0 || at - (sorted[i - 1] ?? 0) > toleranceMs);
        const runs = runsOf(given);
        expect(runs).toEqual(runsOf(sorted));
        expect(runs.filter((_, i) => i % 2 === 0)).toEqual(starts);
        expect(given.every((at) => covers(runs, at))).toBe(true);
      }),
      { seed },
    );
  });

  test('cover what lies in a run, ends included', () => {
    const runs = [1_000, 2_000, 5_000, 5_000];
    const covered = [999, 1_000, 1_500, 2_000, 2_001, 5_000].map((at) => covers(runs, at));
    expect(covered).toEqual([false, true, true, true, false, true]);
  });

  test('two lists are joined where they are near', () => {
    expect(merged([0, 1_000], [2_000, 3_000, 9_000, 9_000], toleranceMs)).toEqual([
      0, 3_000, 9_000, 9_000,
    ]);
  });

  test('of too many, the two that are nearest become one', () => {
    const times = Array.from({ length: limits.summaryRunsMax + 1 }, (_, i) => 5_000 * i);
    const runs = runsOf(times.with(7, 33_000));
    expect(runs).toHaveLength(2 * limits.summaryRunsMax);
    expect(runs.slice(12, 16)).toEqual([30_000, 33_000, 40_000, 40_000]);
    const others = runsOf(times.map((at) => at + 2_500));
    expect(merged(runs, others, toleranceMs)).toHaveLength(2 * limits.summaryRunsMax);
  });
});

describe('missing stretches', () => {
  test('all of a window without readings', () => expect(missing()).toEqual([[0, 10_000]]));

  test.each([0, 400, 999])('none where the first of ten comes at %i ms', (phase) => {
    expect(missing(...Array.from({ length: 10 }, (_, i) => phase + 1_000 * i))).toEqual([]);
  });

  test.each([0, 400, 999])('one where one of ten is lost, the first coming at %i ms', (phase) => {
    for (let lost = 0; lost < 10; lost++) {
      const times = Array.from({ length: 10 }, (_, i) => phase + 1_000 * i).toSpliced(lost, 1);
      const holes = missing(...times);
      expect(holes).toHaveLength(1);
      const [fromMs, toMs] = holes[0] ?? [0, 0];
      const lostMs = phase + 1_000 * lost;
      expect(lostMs).toBeGreaterThanOrEqual(fromMs);
      expect(lostMs).toBeLessThan(toMs);
    }
  });

  test('a reading speaks for the period after it', () => {
    expect(missing(3_000, 6_000)).toEqual([
      [0, 3_000],
      [4_000, 6_000],
      [7_000, 10_000],
    ]);
  });

  test('none in a window shorter than the period', () => {
    expect(missingIn([200, 200], { windowMs: 10_000, periodMs: 60_000 })).toEqual([]);
  });
});
