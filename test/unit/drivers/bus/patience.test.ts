// SPDX-License-Identifier: Apache-2.0
// Time-outs that follow what was measured, and histograms that stay small.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limits } from '../../../../base/limits.ts';
import {
  countOf,
  isLatency,
  type Latency,
  noLatency,
  percentile,
  withLatency,
} from '../../../../drivers/bus/latency.ts';
import { Patience } from '../../../../drivers/bus/patience.ts';

const latencyOf = (all: readonly number[]) => all.reduce<Latency>(withLatency, noLatency);
const someMs = fc.array(fc.double({ min: 1, max: 60_000, noNaN: true }), {
  minLength: 1,
  maxLength: 400,
});

describe('a histogram of latencies', () => {
  test('a percentile is never less than the true one, and at most a fifth more', () => {
    fc.assert(
      fc.property(someMs, fc.constantFrom(0.5, 0.95, 1), (all, share) => {
        const exact = all.toSorted((a, b) => a - b)[Math.ceil(share * all.length) - 1] ?? 0;
        const found = percentile(latencyOf(all), share) ?? 0;
        expect(found).toBeGreaterThanOrEqual(exact - 1e-9);
        expect(found).toBeLessThanOrEqual(1.2 * exact);
      }),
      { seed: 20_260, numRuns: 200 },
    );
  });

  test('stays small, and forgets what was long ago', () => {
    const slow = latencyOf(Array.from({ length: 2_000 }, () => 800));
    expect(countOf(slow)).toBeLessThanOrEqual(limits.latencyCountMax);
    const fast = Array.from({ length: 6_000 }, () => 20).reduce<Latency>(withLatency, slow);
    expect(percentile(fast, 0.95)).toBeLessThan(25);
    expect(isLatency(fast)).toBe(true);
  });

  test('is nothing before anything was measured', () => {
    expect(percentile(noLatency, 0.5)).toBeUndefined();
  });

  test.each([[null], [{}], [[-1]], [[0.5]], [['1']], [Array.from({ length: 999 }, () => 1)]])(
    '%j from a file is none',
    (value) => {
      expect(isLatency(value)).toBe(false);
    },
  );
});

describe('a time-out', () => {
  const ceilingMs = 1_000;
  const known = (latencyMs: number) => {
    const patience = new Patience(ceilingMs);
    for (let i = 0; i < 20; i++) patience.answered('unit 1', latencyMs);
    return patience;
  };

  test('is all the line allows for a stranger, at first', () => {
    const patience = new Patience(ceilingMs);
    expect(patience.timeoutMs('unit 1')).toBe(ceilingMs);
    patience.timedOut('unit 1');
    expect(patience.timeoutMs('unit 1')).toBeLessThan(ceilingMs / 2);
    patience.answered('unit 1', 900);
    expect(patience.timeoutMs('unit 1')).toBe(ceilingMs);
  });

  test('is about four times what the device usually takes', () => {
    expect(known(50).timeoutMs('unit 1')).toBeGreaterThanOrEqual(200);
    expect(known(50).timeoutMs('unit 1')).toBeLessThanOrEqual(240);
  });

  test('is never so short that a busy system misses the answer, never above the line', () => {
    expect(known(2).timeoutMs('unit 1')).toBe(limits.lineTimeoutMsMin);
    expect(known(700).timeoutMs('unit 1')).toBe(ceilingMs);
  });

  test('is halved for a device that stays silent, and whole again after an answer', () => {
    const patience = known(80);
    const usualMs = patience.timeoutMs('unit 1');
    patience.timedOut('unit 1');
    expect(patience.timeoutMs('unit 1')).toBe(usualMs);
    patience.timedOut('unit 1');
    expect(patience.timeoutMs('unit 1')).toBe(usualMs / 2);
    patience.answered('unit 1', 80);
    expect(patience.timeoutMs('unit 1')).toBe(usualMs);
  });

  test('of a silent stranger is that of the others on its line', () => {
    const patience = known(60);
    patience.timedOut('unit 9');
    expect(patience.timeoutMs('unit 9')).toBe(patience.timeoutMs('unit 1'));
  });

  test('is remembered for a bounded number of devices', () => {
    const patience = known(60);
    for (let i = 0; i < 2 * limits.linePeersMax; i++) patience.answered(`address ${i}`, 5);
    expect(patience.peers()).toHaveLength(limits.linePeersMax);
    expect(patience.timeoutMs('unit 1')).toBe(ceilingMs);
  });
});
