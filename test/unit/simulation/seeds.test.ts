// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { runSeed } from '../../simulation/run-seed.ts';
import { traceLine } from '../../simulation/trace.ts';
import { faultKinds } from '../../simulation/world/weather.ts';

const seedCount = 40;

test(`${seedCount} worlds in which things go wrong, and no promise is broken`, () => {
  const seen = new Map<string, number>();
  let acknowledged = 0;
  for (let seed = 1; seed <= seedCount; seed++) {
    const outcome = runSeed(seed);
    expect(outcome.violation, `seed ${seed}`).toBeUndefined();
    acknowledged += outcome.acknowledged;
    for (const [kind, times] of Object.entries(outcome.faults)) {
      seen.set(kind, (seen.get(kind) ?? 0) + times);
    }
  }
  // Else they prove nothing.
  expect(acknowledged).toBeGreaterThan(seedCount * 20);
  const others = [
    'message-lost',
    'message-doubled',
    'message-late',
    'membership-change',
    'transfer',
  ];
  for (const kind of [...faultKinds, ...others]) expect(seen.get(kind), kind).toBeGreaterThan(0);
});

function traceOf(seed: number): string {
  const lines: string[] = [];
  runSeed(seed, (happening, nowMs) => lines.push(traceLine(happening, nowMs)));
  return lines.join('\n');
}

test('the same seed gives the same history, to the last byte', () => {
  const first = traceOf(7);
  expect(first.split('\n').length).toBeGreaterThan(1_000);
  expect(traceOf(7) === first).toBe(true);
  expect(traceOf(8) === first).toBe(false);
});
