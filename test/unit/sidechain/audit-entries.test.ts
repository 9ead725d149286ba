// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { alterEveryByte, audit, smallChain } from './small-chain.ts';

const height = '(SELECT min(height) FROM block WHERE log_index >= idx)';

test('any altered byte of an entry names its block (S0-02)', async () => {
  const database = await smallChain();
  const of = { table: 'log', column: 'data', key: 'idx', height };
  const { tried, misses } = await alterEveryByte(database, of);
  expect(misses).toEqual([]);
  expect(tried).toBeGreaterThan(500);
  expect(await audit(database)).toMatchObject({ ok: true });
});

test('any altered byte of a checksum names its block', async () => {
  const database = await smallChain();
  const of = { table: 'log', column: 'checksum', key: 'idx', height };
  const { tried, misses } = await alterEveryByte(database, of);
  expect(misses).toEqual([]);
  expect(tried).toBe(3 * 8);
});
