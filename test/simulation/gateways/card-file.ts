// SPDX-License-Identifier: Apache-2.0
// A chain.db that lives in memory, read and written as host/sqlite-connection.ts does with one on a
// card, and what a simulated world knows of it besides: where each transaction has touched it.

import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { assert } from '../../../base/assert.ts';
import { messageOf, TielineError } from '../../../base/errors.ts';
import type { Row, SqlValue, Statement } from '../../../host/sqlite.ts';
import { sqliteFailure } from '../../../host/sqlite-failure.ts';

/** Tables whose rows are followed, each with the column that orders them. */
const followed = {
  log: 'idx',
  block: 'height',
  outbox: 'position',
  hard_state: 'id',
  cosigned: 'id',
};

export type FollowedTable = keyof typeof followed;

/** Of each table that was touched, the first row. */
export type Touched = ReadonlyMap<FollowedTable, number>;

export class CardFile {
  readonly #handle = new DatabaseSync(':memory:');
  readonly #prepared = new Map<string, StatementSync>();

  constructor(bytes: Uint8Array) {
    this.#handle.deserialize(bytes);
    this.#handle.exec(followingSql());
  }

  /** All or nothing. @throws what the real one throws. */
  write(statements: readonly Statement[]): Touched {
    return guarded(true, () => {
      this.#handle.exec('BEGIN');
      try {
        for (const statement of statements) runStatement(this.#handle, statement, this.#prepare);
        const touched = this.#takeTouched();
        this.#handle.exec('COMMIT');
        return touched;
      } catch (error) {
        if (this.#handle.isTransaction) this.#handle.exec('ROLLBACK');
        throw error;
      }
    });
  }

  read(sql: string, params: readonly SqlValue[] = []): readonly Row[] {
    return guarded(false, () =>
      this.#prepare(sql)
        .all(...params.map(toDriver))
        .map((row) => ({ ...row })),
    );
  }

  bytes(): Uint8Array {
    return this.#handle.serialize();
  }

  close(): void {
    this.#handle.close();
  }

  readonly #prepare = (sql: string): StatementSync => {
    const known = this.#prepared.get(sql) ?? this.#handle.prepare(sql);
    this.#prepared.set(sql, known);
    return known;
  };

  #takeTouched(): Touched {
    const rows = this.#prepare('SELECT name, least FROM temp.touched').all();
    if (rows.length > 0) this.#prepare('DELETE FROM temp.touched').run();
    return new Map(rows.map(({ name, least }) => [name as FollowedTable, Number(least)]));
  }
}

/** @throws TielineError `conflict` where another number of rows was touched than should be. */
export function runStatement(
  handle: DatabaseSync,
  { sql, params = [], changes: expected }: Statement,
  prepare: (sql: string) => StatementSync = (text) => handle.prepare(text),
): void {
  const { changes } = prepare(sql).run(...params.map(toDriver));
  if (expected === undefined || Number(changes) === expected) return;
  throw new TielineError('conflict', `${changes} rows instead of ${expected}: ${sql}`);
}

/** Whatever statement touches a row, and however it says so. */
function followingSql(): string {
  const triggers = Object.entries(followed).flatMap(([table, column]) =>
    (['insert', 'update', 'delete'] as const).map(
      (event) => `
      CREATE TEMP TRIGGER ${table}_${event} AFTER ${event} ON main.${table} BEGIN
        INSERT INTO touched VALUES ('${table}', ${event === 'delete' ? 'old' : 'new'}.${column})
          ON CONFLICT (name) DO UPDATE SET least = min(least, excluded.least);
      END;`,
    ),
  );
  return `CREATE TEMP TABLE touched (name TEXT PRIMARY KEY, least INTEGER);${triggers.join('')}`;
}

const codes: Readonly<Record<number, string>> = { 19: 'SQLITE_CONSTRAINT' };

/** Turns the driver's errors into ours, as the real connection does. */
function guarded<T>(writing: boolean, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof Error) || !('errcode' in error)) throw error;
    const code = codes[Number(error.errcode) & 0xff] ?? 'SQLITE_ERROR';
    throw sqliteFailure({ path: 'chain.db', writing, code, message: messageOf(error) });
  }
}

/** The driver would bind a number as a float. */
function toDriver(value: SqlValue): SqlValue {
  if (typeof value !== 'number') return value;
  assert(Number.isSafeInteger(value), `not an exact integer: ${value}`);
  return BigInt(value);
}
