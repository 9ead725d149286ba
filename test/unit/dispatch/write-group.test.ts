// SPDX-License-Identifier: Apache-2.0
// Writes that share a transaction: fewer of them, in their order, and no caller pays for another's fault.

import { expect, test } from 'vitest';
import { TielineError } from '../../../base/errors.ts';
import { limits } from '../../../base/limits.ts';
import { WriteGroup } from '../../../dispatch/store/write-group.ts';
import type { Statement } from '../../../host/sqlite.ts';

const statement = (sql: string): Statement => ({ sql });

/** Writes nothing; what holds no `bad` statement succeeds when it is let. */
function fakeDatabase(retry: 'permanent' | 'fatal' = 'permanent') {
  const transactions: (readonly string[])[] = [];
  const write = async (statements: readonly Statement[]): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    transactions.push(statements.map(({ sql }) => sql));
    if (statements.some(({ sql }) => sql === 'bad')) {
      throw new TielineError('constraint', 'a constraint', { retry });
    }
  };
  return { transactions, write };
}

test('what comes while one is written goes together into the next, in order', async () => {
  const database = fakeDatabase();
  const writes = new WriteGroup(database);
  await Promise.all(['a', 'b', 'c'].map((sql) => writes.write([statement(sql)])));
  expect(database.transactions).toEqual([['a'], ['b', 'c']]);
});

test('one transaction has a bounded share of them', async () => {
  const database = fakeDatabase();
  const writes = new WriteGroup(database);
  const count = limits.groupedWritesMax + 2;
  await Promise.all(Array.from({ length: count }, () => writes.write([statement('a')])));
  expect(database.transactions.map(({ length }) => length)).toEqual([
    1,
    limits.groupedWritesMax,
    1,
  ]);
});

test('who breaks a constraint fails alone', async () => {
  const writes = new WriteGroup(fakeDatabase());
  const outcomes = await Promise.allSettled(
    ['a', 'b', 'bad', 'c'].map((sql) => writes.write([statement(sql)])),
  );
  expect(outcomes.map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
  ]);
});

test('after a fatal failure nothing is tried again', async () => {
  const database = fakeDatabase('fatal');
  const writes = new WriteGroup(database);
  const outcomes = await Promise.allSettled(
    ['a', 'b', 'bad', 'c'].map((sql) => writes.write([statement(sql)])),
  );
  expect(outcomes.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'rejected',
    'rejected',
  ]);
  expect(database.transactions).toHaveLength(2);
});
