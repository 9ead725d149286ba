// SPDX-License-Identifier: Apache-2.0
// Opens the history where the configuration wants it: in SQLite beside the ledger, or in
// PostgreSQL, which need not be there yet.

import { existsSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fromUtf8 } from '../../base/bytes.ts';
import { messageOf, TielineError } from '../../base/errors.ts';
import { readSecretFile } from '../../host/files.ts';
import { Postgres } from '../../host/postgres.ts';
import { type Database, openDatabase } from '../../host/sqlite.ts';
import type { DispatchConfig } from '../config.ts';
import { historyMigrations } from './history-schema.ts';
import type { HistoryStore } from './history-store.ts';
import { PostgresHistory } from './postgres-history.ts';
import { SqliteHistory } from './sqlite-history.ts';

export type OpenHistory = {
  readonly store: HistoryStore;
  readonly close: () => Promise<void>;
};

/** The variable that holds the password where no file does. */
export const passwordVariable = 'TIELINE_POSTGRES_PASSWORD';

/**
 * @param options.path of the SQLite file, where that is used.
 * @throws TielineError `database-*`; of PostgreSQL only `file-*` and `tls`: whether it answers shows
 * later.
 */
export async function openHistory(options: {
  readonly config: DispatchConfig['history'];
  readonly path: string;
  readonly nowMs: () => number;
}): Promise<OpenHistory> {
  const { config, path, nowMs } = options;
  if (config.postgres === undefined) {
    const database = await openFile(path);
    return { store: new SqliteHistory(database), close: () => database.close() };
  }
  const { schema, passwordFile, tls, ...place } = config.postgres;
  const postgres = new Postgres({
    ...place,
    password: await passwordOf(passwordFile),
    tls: tls && { ca: tls.ca === undefined ? undefined : await certificate(tls.ca) },
  });
  return {
    store: new PostgresHistory(postgres, { schema, nowMs }),
    close: () => postgres.close(),
  };
}

/** The history can be made again: a new file where there is none, and no fear for a damaged one. */
async function openFile(path: string): Promise<Database> {
  const open = (mode: 'existing' | 'create') =>
    openDatabase({ path, mode, migrations: historyMigrations });
  if (!existsSync(path)) {
    // What a killed process left beside a file that was then deleted.
    for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
    return open('create');
  }
  try {
    return await open('existing');
  } catch (cause) {
    if (!(cause instanceof TielineError) || cause.code !== 'database-corrupt') throw cause;
    throw new TielineError(cause.code, cause.message, {
      hint: `delete ${path}: the next start makes it again from the ledger`,
      cause,
    });
  }
}

async function passwordOf(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return process.env[passwordVariable];
  return fromUtf8(await readSecretFile(file))?.replace(/\r?\n$/, '');
}

async function certificate(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    throw new TielineError('tls', `cannot read ${path}: ${messageOf(cause)}`, {
      hint: 'history.postgres.tls.ca names the authority of the server, in PEM',
      cause,
    });
  }
}
