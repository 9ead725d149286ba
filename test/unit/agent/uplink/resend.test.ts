// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { Resend } from '../../../../agent/uplink/resend.ts';
import { limits } from '../../../../base/limits.ts';

test('the wait doubles from the least to the most, and stays there', () => {
  const resend = new Resend();
  let nowMs = 1_000_000;
  const waits: number[] = [];
  for (let i = 0; i < 100; i++) {
    expect(resend.isDue(nowMs)).toBe(true);
    resend.sent(nowMs);
    const sentMs = nowMs;
    while (!resend.isDue(nowMs)) nowMs += 1_000;
    waits.push(nowMs - sentMs);
  }
  expect(waits.slice(0, 5)).toEqual([5_000, 10_000, 20_000, 40_000, 60_000]);
  expect(new Set(waits.slice(4))).toEqual(new Set([limits.resendMsMax]));
});

test('once it was answered, or the way is open again, the next may go at once', () => {
  const resend = new Resend();
  for (let i = 0; i < 5; i++) resend.sent(0);
  resend.reset();
  expect(resend.isDue(0)).toBe(true);
  resend.sent(0);
  expect(resend.isDue(limits.resendMsMin - 1)).toBe(false);
  expect(resend.isDue(limits.resendMsMin)).toBe(true);
});
