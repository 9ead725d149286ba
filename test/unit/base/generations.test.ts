// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { Generations } from '../../../base/generations.ts';

test('what was kept last is found, and twice as many at most are', () => {
  const kept = new Generations<number, string>(3);
  for (let i = 0; i < 20; i++) {
    kept.set(i, `${i}`);
    const found = Array.from({ length: 20 }, (_, at) => kept.get(at)).filter((one) => one);
    expect(found).toContain(`${i}`);
    expect(found.length).toBeLessThanOrEqual(6);
  }
});

test('what is asked for again and again stays', () => {
  const kept = new Generations<string, number>(3);
  kept.set('often', 1);
  for (let i = 0; i < 20; i++) {
    kept.set(`${i}`, i);
    expect(kept.get('often')).toBe(1);
  }
});

test('a value that is replaced is the new one', () => {
  const kept = new Generations<string, number>(2);
  kept.set('one', 1);
  kept.set('other', 2);
  kept.set('one', 3);
  expect([kept.get('one'), kept.get('other')]).toEqual([3, 2]);
});
