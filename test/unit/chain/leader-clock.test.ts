// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import type { ClockState } from '../../../base/clock-state.ts';
import { limits } from '../../../base/limits.ts';
import { isIdleBlockDue, nextCloseMs } from '../../../sidechain/chain/idle.ts';
import { LeaderClock } from '../../../sidechain/chain/leader-clock.ts';

const previousMs = 1_000_000;

function reading(state: ClockState, wallMs: number, monotonicMs = 0) {
  return { state, wallMs, monotonicMs };
}

test('a synchronised clock is believed, but for going back', () => {
  const clock = new LeaderClock();
  const far = previousMs + 2 * limits.clockJumpMsMax;
  expect(clock.claimMs(previousMs, reading('synchronised', far))).toBe(far);
  expect(clock.claimMs(far, reading('synchronised', previousMs))).toBe(far);
});

test.each([
  ['free-running', previousMs, previousMs],
  ['free-running', previousMs - 1, previousMs],
  ['free-running', previousMs + limits.clockJumpMsMax, previousMs + limits.clockJumpMsMax],
  ['free-running', previousMs + limits.clockJumpMsMax + 1, previousMs],
  ['unset', previousMs + 60_000, previousMs],
] as const)('the first claim of a clock that is %s at %d is %d', (state, wallMs, claimMs) => {
  expect(new LeaderClock().claimMs(previousMs, reading(state, wallMs))).toBe(claimMs);
});

test('later claims of a free-running clock are what has elapsed, nothing else', () => {
  const clock = new LeaderClock();
  clock.claimMs(previousMs, reading('free-running', previousMs + 500, 10));
  expect(clock.claimMs(previousMs, reading('free-running', 0, 1_010))).toBe(previousMs + 1_500);
  const jumped = reading('free-running', previousMs + 10 ** 9, 2_010);
  expect(clock.claimMs(previousMs, jumped)).toBe(previousMs + 2_500);
});

test('fractions of a millisecond add up over many claims', () => {
  const clock = new LeaderClock();
  let claimMs = previousMs;
  for (let i = 0; i <= 10_000; i++) {
    claimMs = clock.claimMs(claimMs, reading('unset', 0, i * 0.9));
  }
  expect(claimMs).toBe(previousMs + 9_000);
});

test('a clock that loses its source goes on from where it was', () => {
  const clock = new LeaderClock();
  clock.claimMs(previousMs, reading('synchronised', previousMs + 5_000, 100));
  expect(clock.claimMs(previousMs, reading('free-running', 7, 350))).toBe(previousMs + 5_250);
});

test('a block by another leader takes the claim along', () => {
  const clock = new LeaderClock();
  clock.claimMs(previousMs, reading('unset', 0, 0));
  const laterMs = previousMs + 60_000;
  expect(clock.claimMs(laterMs, reading('unset', 0, 1_000))).toBe(laterMs);
  expect(clock.claimMs(laterMs, reading('unset', 0, 1_500))).toBe(laterMs + 500);
});

test('windows close at their end and grace, on the clock', () => {
  const quarter = { windowMs: 900_000, graceMs: 30_000 };
  const noon = Date.UTC(2026, 0, 1, 12);
  expect(nextCloseMs(quarter, noon)).toBe(noon + 30_000);
  expect(nextCloseMs(quarter, noon + 29_999)).toBe(noon + 30_000);
  expect(nextCloseMs(quarter, noon + 30_000)).toBe(noon + 930_000);
  expect(nextCloseMs({ windowMs: 5_000, graceMs: 12_000 }, noon)).toBe(noon + 2_000);
  expect(nextCloseMs({ windowMs: 5_000, graceMs: 12_000 }, 0)).toBe(2_000);
});

test('an idle block is due when a window is past its close, or after a whole heartbeat', () => {
  const summary = { windowMs: 10_000, graceMs: 2_000 };
  const chain = { summary, previousMs: 2_000, heartbeatMs: 60_000 };
  const isDue = (blockTimeMs: number, sinceLastBlockMs: number) =>
    isIdleBlockDue(chain, { blockTimeMs, sinceLastBlockMs });
  expect(isDue(11_999, 59_999)).toBe(false);
  expect(isDue(12_000, 0)).toBe(true);
  expect(isDue(2_000, 60_000)).toBe(true);
});
