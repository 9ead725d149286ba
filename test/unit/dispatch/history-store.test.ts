// SPDX-License-Identifier: Apache-2.0
// The history in SQLite keeps the contract; that in PostgreSQL is held to the same among the system
// tests.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { selectHistory } from '../../../dispatch/history/history-columns.ts';
import { historyMigrations } from '../../../dispatch/history/history-schema.ts';
import { indexFor, SqliteHistory } from '../../../dispatch/history/sqlite-history.ts';
import { everything, historyContract } from './history-contract.ts';
import { InlineDatabase } from './inline-database.ts';

const directory = mkdtempSync(join(tmpdir(), 'tieline-history-'));
const opened: InlineDatabase[] = [];
afterAll(async () => {
  for (const database of opened) await database.close();
  rmSync(directory, { recursive: true });
});

function newDatabase(): InlineDatabase {
  const path = join(directory, `${opened.length}.sqlite`);
  const database = new InlineDatabase({ path, mode: 'create', migrations: historyMigrations });
  opened.push(database);
  return database;
}

historyContract('SQLite', async () => new SqliteHistory(newDatabase()));

test('one register is found by its index, and not among all of its chain', async () => {
  const after = { startMs: 5, height: 1, outputIndex: 0 };
  const query = everything({ devices: new Set(['a']), obis: 'x', allRevisions: false, after });
  const { sql, params } = selectHistory(query, 'summary', indexFor(query));
  const plan = await newDatabase().read(`EXPLAIN QUERY PLAN ${sql}`, params);
  expect(plan.map(({ detail }) => detail)).toEqual([
    expect.stringMatching(/summary_register \(chain_id=\? AND device=\? AND obis=\? AND start_ms/),
    expect.anything(),
    expect.stringContaining('summary_register'),
    // Those of one instant alone are sorted.
    expect.stringMatching(/LAST 2 TERMS|RIGHT PART/),
  ]);
});
