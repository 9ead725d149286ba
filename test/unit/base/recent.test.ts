// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { Recent } from '../../../base/recent.ts';

function counting(countMax: number) {
  const recent = new Recent<object, number>(countMax);
  let made = 0;
  return { get: (key: object) => recent.get(key, () => ++made), made: () => made };
}

test('what was made of an object is not made again', () => {
  const { get, made } = counting(4);
  const key = {};
  expect([get(key), get(key), made()]).toEqual([1, 1, 1]);
});

test('another object alike is another', () => {
  const { get } = counting(4);
  expect([get(new Uint8Array(3)), get(new Uint8Array(3))]).toEqual([1, 2]);
});

test('half of the most are remembered in any case, and more than the most are not', () => {
  const { get, made } = counting(4);
  const keys = Array.from({ length: 5 }, () => ({}));
  for (const key of keys) get(key);
  expect(made()).toBe(5);
  get(keys[3] as object);
  get(keys[4] as object);
  expect(made()).toBe(5);
  get(keys[0] as object);
  expect(made()).toBe(6);
});
