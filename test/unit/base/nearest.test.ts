// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { nearest } from '../../../base/nearest.ts';

const known = ['name', 'window', 'broker', 'meters', 'timeoutMs', 'baud'];

test.each([
  ['nmae', 'name'],
  ['Window', 'window'],
  ['bruker', 'broker'],
  ['meter', 'meters'],
  ['timeout', 'timeoutMs'],
  ['timeout_ms', 'timeoutMs'],
  ['baudrate', 'baud'],
  ['xyz', undefined],
  ['', undefined],
])('for %j it was %j that was meant', (typed, meant) => {
  expect(nearest(typed, known)).toBe(meant);
});

test('hyphens make no word longer', () => {
  expect(nearest('--host', ['--port'])).toBe(undefined);
});

test('of two near ones the nearer', () => {
  expect(nearest('broke', ['brakes', 'broker'])).toBe('broker');
});
