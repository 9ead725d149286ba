// SPDX-License-Identifier: Apache-2.0
// The history in SQLite keeps the contract; that in PostgreSQL is held to the same among the system
// tests.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { historyMigrations } from '../../../dispatch/history/history-schema.ts';
import { SqliteHistory } from '../../../dispatch/history/sqlite-history.ts';
import { historyContract } from './history-contract.ts';
import { InlineDatabase } from './inline-database.ts';

const directory = mkdtempSync(join(tmpdir(), 'tieline-history-'));
const opened: InlineDatabase[] = [];
afterAll(async () => {
  for (const database of opened) await database.close();
  rmSync(directory, { recursive: true });
});

historyContract('SQLite', async () => {
  const path = join(directory, `${opened.length}.sqlite`);
  const database = new InlineDatabase({ path, mode: 'create', migrations: historyMigrations });
  opened.push(database);
  return new SqliteHistory(database);
});
