// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { alterEveryByte, audit, smallChain } from './small-chain.ts';

test.each([
  { table: 'block', column: 'header', key: 'height', height: 'height' },
  { table: 'output', column: 'salt', key: 'height * 100 + position', height: 'height' },
  { table: 'output', column: 'bytes', key: 'height * 100 + position', height: 'height' },
])('any altered byte of $table $column names its block (S0-02)', async (of) => {
  const database = await smallChain();
  const { tried, misses } = await alterEveryByte(database, of);
  expect(misses).toEqual([]);
  expect(tried).toBeGreaterThanOrEqual(32);
  expect(await audit(database)).toMatchObject({ ok: true });
});
