// SPDX-License-Identifier: Apache-2.0
// When a member calls again.

import { describe, expect, test } from 'vitest';
import { limits } from '../../../base/limits.ts';
import { Retry } from '../../../sidechain/transport/retry.ts';

function waitMs(retry: Retry): number {
  let ticks = 1;
  while (!retry.tick()) ticks += 1;
  return ticks * limits.transportTickMs;
}

describe('calling again', () => {
  test('waits twice as long after each failure, up to a bound, and short again after success', () => {
    const retry = new Retry({ random: () => 0.999, yields: false });
    const waits = Array.from({ length: 7 }, () => {
      const wait = waitMs(retry);
      retry.failed();
      return wait;
    });
    expect(waits).toEqual([200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
    retry.again();
    expect(waitMs(retry)).toBe(limits.transportRetryMsMin);
  });

  test('is drawn from the upper half of that', () => {
    for (const random of [0, 0.3, 0.6, 0.9]) {
      const retry = new Retry({ random: () => random, yields: false });
      for (let i = 0; i < 9; i++) retry.failed();
      const expected = (limits.transportRetryMsMax / 2) * (1 + random);
      expect(Math.abs(waitMs(retry) - expected)).toBeLessThanOrEqual(limits.transportTickMs);
    }
  });

  test('lets the other side go first', () => {
    const options = { random: () => 0 };
    const [first, second] = [false, true].map((yields) =>
      waitMs(new Retry({ ...options, yields })),
    );
    expect((second ?? 0) - (first ?? 0)).toBe(limits.transportYieldMs);
  });
});
