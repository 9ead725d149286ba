// SPDX-License-Identifier: Apache-2.0
// `witness.sqlite`: of each log the newest checkpoint that was co-signed. It is compared when it is
// replaced, so that two requests at once cannot both succeed.

import type { Database } from '../../host/sqlite.ts';
import { bytesOf, integerOf } from '../store/columns.ts';

export const witnessMigrations: readonly (readonly string[])[] = [
  [
    `CREATE TABLE log (
      origin TEXT PRIMARY KEY,
      size INTEGER NOT NULL CHECK (size >= 0),
      root BLOB NOT NULL CHECK (length(root) = 32)
    ) STRICT, WITHOUT ROWID`,
  ],
];

export type Seen = { readonly size: number; readonly root: Uint8Array };

export class WitnessStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** undefined where nothing of this log was co-signed. */
  async seen(origin: string): Promise<Seen | undefined> {
    const sql = 'SELECT size, root FROM log WHERE origin = ?';
    const [row] = await this.#database.read(sql, [origin]);
    return row && { size: integerOf(row, 'size'), root: bytesOf(row, 'root') };
  }

  /**
   * Durable when it resolves. `from`: the size that it replaces, undefined for none.
   * @throws TielineError `conflict` or `constraint` where that is another by now.
   */
  async advance(
    next: Seen & { readonly origin: string; readonly from: number | undefined },
  ): Promise<void> {
    const { origin, size, root, from } = next;
    const insert = {
      sql: 'INSERT INTO log (origin, size, root) VALUES (?, ?, ?)',
      params: [origin, size, root],
      changes: 1,
    };
    const update = {
      sql: 'UPDATE log SET size = ?, root = ? WHERE origin = ? AND size = ?',
      params: [size, root, origin, from ?? 0],
      changes: 1,
    };
    await this.#database.write([from === undefined ? insert : update]);
  }
}
