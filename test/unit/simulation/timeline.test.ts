// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { Random } from '../../simulation/world/random.ts';
import { Timeline } from '../../simulation/world/timeline.ts';

test('events happen in the order of their time, then of their planning', () => {
  const random = new Random(5);
  const timeline = new Timeline();
  const planned = Array.from({ length: 500 }, (_, order) => ({
    atMs: random.between(0, 20),
    order,
  }));
  const happened: (typeof planned)[number][] = [];
  for (const event of planned) {
    timeline.after(event.atMs, () => {
      expect(timeline.nowMs).toBe(event.atMs);
      happened.push(event);
    });
  }
  timeline.pass(20);
  expect(happened).toEqual([...planned].sort((a, b) => a.atMs - b.atMs || a.order - b.order));
});

test('what is planned meanwhile happens in its time, and nothing beyond the end', () => {
  const timeline = new Timeline();
  const seen: number[] = [];
  const again = (): void => {
    seen.push(timeline.nowMs);
    timeline.after(10, again);
  };
  timeline.after(10, again);
  timeline.pass(35);
  expect({ seen, nowMs: timeline.nowMs }).toEqual({ seen: [10, 20, 30], nowMs: 35 });
});

test('streams of one seed differ by name, and not by what others draw', () => {
  const first = new Random(9);
  const second = new Random(9);
  second.next();
  const drawn = (random: Random) => Array.from({ length: 5 }, random.next);
  expect(drawn(first.stream('a'))).toEqual(drawn(second.stream('a')));
  expect(drawn(first.stream('a'))).not.toEqual(drawn(first.stream('b')));
});
