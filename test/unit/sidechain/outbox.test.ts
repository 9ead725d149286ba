// SPDX-License-Identifier: Apache-2.0
// When an outbox says that it fills up, and when it takes no more: to the byte.

import { expect, test } from 'vitest';
import { blockEntryBytes } from '../../../sidechain/chain/pool.ts';
import { Outbox } from '../../../sidechain/store/outbox.ts';
import { newChain, TestDatabase } from './rig.ts';

const bytesMax = 1_000;

test('80 % of it is an alarm, all of it is full, and what leaves makes room', async () => {
  const database = new TestDatabase(await newChain());
  const outbox = await Outbox.open(database, bytesMax);
  const entry = { entry: new Uint8Array(82) };
  expect(blockEntryBytes(entry)).toBe(bytesMax / 10);
  const rows = Array.from({ length: 7 }, () => outbox.add(entry, undefined).row);
  const smaller = { entry: new Uint8Array(81) };
  const almost = outbox.add(smaller, undefined).row;
  expect([outbox.bytes, outbox.isFilling]).toEqual([799, false]);
  outbox.cancel(almost);
  rows.push(outbox.add(entry, undefined).row);
  expect([outbox.bytes, outbox.isFilling]).toEqual([800, true]);
  for (const _ of [9, 10]) rows.push(outbox.add(entry, undefined).row);
  expect(outbox.bytes).toBe(bytesMax);
  const one = { entry: new Uint8Array(1) };
  expect(() => outbox.add(one, undefined)).toThrow(
    expect.objectContaining({ code: 'outbox-full' }),
  );
  expect([outbox.count, outbox.bytes, outbox.lastPosition]).toEqual([10, bytesMax, 11]);
  for (const row of rows.slice(0, 3)) outbox.remove(row);
  expect([outbox.count, outbox.isFilling]).toEqual([7, false]);
  outbox.add(one, undefined);
  await database.close();
});
