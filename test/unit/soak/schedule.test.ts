// SPDX-License-Identifier: Apache-2.0
// The schedule of the soak: the same seed, the same faults; no kind is left out.

import { expect, test } from 'vitest';
import { brokerRestart } from '../../soak/faults/broker-restart.ts';
import { kill } from '../../soak/faults/kill.ts';
import { pause } from '../../soak/faults/pause.ts';
import { strikes } from '../../soak/schedule.ts';
import { seededRandom } from '../../system/harness/random.ts';

const kinds = [kill, pause, brokerRestart];

function firstOf(seed: number, count: number) {
  const drawn = strikes(kinds, seededRandom(seed)).take(count).toArray();
  return drawn.map(({ fault, afterMs, holdMs, random }) => {
    return { kind: fault.kind, afterMs, holdMs, drawn: random.between(0, 1_000_000) };
  });
}

test('a seed gives one schedule, and another seed another', () => {
  expect(firstOf(5, 60)).toEqual(firstOf(5, 60));
  expect(firstOf(5, 60)).not.toEqual(firstOf(6, 60));
});

test('every kind strikes before any strikes again', () => {
  const drawn = firstOf(9, 30);
  for (let i = 0; i < drawn.length; i += kinds.length) {
    const round = drawn.slice(i, i + kinds.length).map(({ kind }) => kind);
    expect(round.toSorted()).toEqual(kinds.map(({ kind }) => kind).toSorted());
  }
});

test('the first round is short, and later ones have long strikes', () => {
  const holds = firstOf(3, 300).map(({ holdMs }) => holdMs);
  expect(Math.max(...holds.slice(0, kinds.length))).toBeLessThanOrEqual(8_000);
  expect(Math.max(...holds)).toBeGreaterThan(15_000);
});
