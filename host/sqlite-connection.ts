// SPDX-License-Identifier: Apache-2.0
// One open SQLite file, synchronously: creating, locking, migrating, reading, writing. The only
// importer of better-sqlite3; runs in the thread of sqlite-worker.ts alone. Invariant: a file under
// its final name is whole (it is made beside it and renamed), and has one writer in one process.

import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import { assert } from '../base/assert.ts';
import { TielineError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { sqliteFailure } from './sqlite-failure.ts';
import type { OpenOptions, SqlValue, Statement, Table } from './sqlite-message.ts';

type Handle = Sqlite.Database;
type Prepared = Sqlite.Statement<SqlValue[], SqlValue[]>;

/** "TIEL": tells our files from other people's. */
const applicationId = 0x5449454c;

export class Connection {
  readonly #path: string;
  readonly #readOnly: boolean;
  readonly #handle: Handle;
  readonly #lock: { readonly close: () => void } | undefined;
  readonly #prepared = new Map<string, Prepared>();

  /** @throws TielineError `database-missing | -exists | -locked | -foreign | -newer | -older | -corrupt …` */
  constructor(options: OpenOptions) {
    this.#path = options.path;
    this.#readOnly = options.mode === 'read-only';
    const needed = options.mode === 'create' ? dirname(options.path) : options.path;
    if (!existsSync(needed)) throw missing(needed);
    this.#lock = this.#readOnly ? undefined : lockDatabase(options.path);
    try {
      if (options.mode === 'create') create(options);
      this.#handle = openExisting(options);
    } catch (error) {
      this.#lock?.close();
      throw error;
    }
  }

  /** All or nothing, and on the disk when it returns. */
  write(statements: readonly Statement[]): void {
    assert(!this.#readOnly, `${this.#path} was opened for reading only`);
    guarded({ path: this.#path, writing: true }, () =>
      transaction(this.#handle, () => {
        for (const [index, statement] of statements.entries()) this.#run(statement, index);
      }),
    );
  }

  /** At most `limits.databaseRowsMax` rows and `limits.databaseReadBytesMax` bytes: callers page. */
  read(sql: string, params: readonly SqlValue[]): Table {
    return guarded({ path: this.#path, writing: false }, () => {
      const prepared = this.#prepare(sql);
      assert(prepared.reader && prepared.readonly, `not a query: ${sql}`);
      const rows: SqlValue[][] = [];
      let bytes = 0;
      for (const row of prepared.iterate(...params.map(toDriver))) {
        bytes += row.reduce<number>((sum, value) => sum + sizeOf(value), 0);
        if (rows.length >= limits.databaseRowsMax || bytes > limits.databaseReadBytesMax) {
          throw new TielineError('too-much-to-read', `more rows than one read may bring: ${sql}`, {
            hint: 'read in pages, with LIMIT',
          });
        }
        rows.push(row.map(fromDriver));
      }
      return { columns: prepared.columns().map((column) => column.name), rows };
    });
  }

  close(): void {
    guarded({ path: this.#path, writing: !this.#readOnly }, () => this.#handle.close());
    this.#lock?.close();
  }

  #run(statement: Statement, index: number): void {
    const params = (statement.params ?? []).map(toDriver);
    const { changes } = this.#prepare(statement.sql).run(...params);
    if (statement.changes === undefined || changes === statement.changes) return;
    throw new TielineError(
      'conflict',
      `statement ${index} touched ${changes} rows instead of ${statement.changes}; nothing was written`,
    );
  }

  /** Least recently used goes first, so that the hot statements are prepared once. */
  #prepare(sql: string): Prepared {
    let prepared = this.#prepared.get(sql);
    if (prepared === undefined) {
      prepared = this.#handle.prepare<SqlValue[], SqlValue[]>(sql);
      if (prepared.reader) prepared.raw(true);
    }
    this.#prepared.delete(sql);
    this.#prepared.set(sql, prepared);
    if (this.#prepared.size > limits.databaseStatementsMax) {
      for (const oldest of this.#prepared.keys()) {
        this.#prepared.delete(oldest);
        break;
      }
    }
    return prepared;
  }
}

/**
 * SQLite's own lock would shut readers of other processes out, too. So the writer holds a lock on an empty
 * file beside the database; the kernel drops it when the process ends, however it ends.
 */
export function lockDatabase(path: string): { readonly close: () => void } {
  return guarded({ path, writing: false }, () => {
    const handle = new Sqlite(privateFile(`${path}-lock`), { timeout: 0 });
    try {
      handle.exec('BEGIN EXCLUSIVE');
      return handle;
    } catch (error) {
      handle.close();
      if (!(error instanceof Sqlite.SqliteError) || error.code !== 'SQLITE_BUSY') throw error;
      throw new TielineError('database-locked', `${path} is in use by another Tieline process`, {
        hint: `stop that one first (\`fuser -v ${path}-lock\` names it)`,
        cause: error,
      });
    }
  });
}

/** Refuses where a database is or was: a second genesis under the same key would be a fork. */
function create(options: OpenOptions): void {
  const { path } = options;
  for (const taken of [path, `${path}-wal`]) {
    if (!existsSync(taken)) continue;
    throw new TielineError('database-exists', `${taken} exists already`, {
      hint: 'choose another directory, or move the old one away',
    });
  }
  const unfinished = `${path}-new`;
  for (const suffix of ['', '-wal', '-shm', '-journal']) {
    rmSync(unfinished + suffix, { force: true });
  }
  guarded({ path, writing: true }, () => {
    const handle = new Sqlite(privateFile(unfinished));
    try {
      handle.exec(`PRAGMA page_size = 4096; PRAGMA application_id = ${applicationId}`);
      configure(handle);
      migrate(handle, options);
    } finally {
      handle.close();
    }
  });
  renameSync(unfinished, path);
  const directory = openSync(dirname(path), 'r');
  fsyncSync(directory);
  closeSync(directory);
}

function openExisting(options: OpenOptions): Handle {
  const { path, cacheBytes } = options;
  const readonly = options.mode === 'read-only';
  return guarded({ path, writing: false }, () => {
    const timeout = limits.databaseBusyTimeoutMs;
    const handle = new Sqlite(path, { readonly, fileMustExist: true, timeout });
    try {
      if (handle.pragma('application_id', { simple: true }) !== applicationId) {
        throw new TielineError('database-foreign', `${path} is not a database of Tieline`, {
          hint: 'name the data directory that `tieline init` made',
        });
      }
      if (!readonly) configure(handle);
      // Negative: in KiB instead of pages.
      if (cacheBytes !== undefined) handle.exec(`PRAGMA cache_size = ${-cacheBytes / 1_024}`);
      migrate(handle, options);
      return handle.defaultSafeIntegers(true);
    } catch (error) {
      handle.close();
      throw error;
    }
  });
}

function configure(handle: Handle): void {
  handle.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA wal_autocheckpoint = 1000;
    PRAGMA journal_size_limit = ${limits.databaseJournalBytesMax};
    PRAGMA temp_store = MEMORY;
    PRAGMA cell_size_check = ON;
    PRAGMA trusted_schema = OFF`);
}

function migrate(handle: Handle, { path, mode, migrations }: OpenOptions): void {
  const version = handle.pragma('user_version', { simple: true });
  assert(typeof version === 'number', 'user_version is a number');
  if (version > migrations.length) {
    throw new TielineError(
      'database-newer',
      `${path} was made by a newer tieline (schema ${version}, known is ${migrations.length})`,
      { hint: 'install that version again: a database is never taken back to an older schema' },
    );
  }
  if (mode === 'read-only' && version < migrations.length) {
    throw new TielineError(
      'database-older',
      `${path} was made by an older tieline (schema ${version}, known is ${migrations.length})`,
      { hint: 'start the program that owns it once: it brings the schema up to date' },
    );
  }
  for (const [offset, statements] of migrations.slice(version).entries()) {
    transaction(handle, () => {
      for (const sql of statements) handle.exec(sql);
      handle.exec(`PRAGMA user_version = ${version + offset + 1}`);
    });
  }
}

function transaction(handle: Handle, body: () => void): void {
  handle.exec('BEGIN IMMEDIATE');
  try {
    body();
    handle.exec('COMMIT');
  } catch (error) {
    // SQLite has rolled back by itself after some failures, a full disk among them.
    if (handle.inTransaction) handle.exec('ROLLBACK');
    throw error;
  }
}

/** Turns the driver's errors into ours. */
function guarded<T>(
  context: { readonly path: string; readonly writing: boolean },
  run: () => T,
): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof Sqlite.SqliteError)) throw error;
    throw sqliteFailure({ ...context, code: error.code, message: error.message });
  }
}

/**
 * Raw readings are personal data: SQLite gives its journals the mode of the file, which is the
 * owner's alone.
 */
function privateFile(path: string): string {
  try {
    closeSync(openSync(path, 'a', 0o600));
  } catch (error) {
    throw new TielineError('database-access', `cannot write ${path}`, {
      hint: 'check the owner and the mode of the directory (`ls -ld`)',
      cause: error,
    });
  }
  return path;
}

function missing(path: string): TielineError {
  return new TielineError('database-missing', `${path} does not exist`, {
    hint: 'check the path; `tieline init` makes a new data directory',
  });
}

/** The driver would bind a number beyond 32 bits as a float. */
function toDriver(value: SqlValue): SqlValue {
  if (typeof value !== 'number' || !Number.isInteger(value)) return value;
  assert(Number.isSafeInteger(value), `not an exact integer: ${value}`);
  return BigInt(value);
}

/** The driver, told not to lose digits, brings all integers as bigint. */
function fromDriver(value: SqlValue): SqlValue {
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function sizeOf(value: SqlValue): number {
  return value instanceof Uint8Array || typeof value === 'string' ? value.length : 8;
}
