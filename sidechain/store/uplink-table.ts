// SPDX-License-Identifier: Apache-2.0
// Where the way up to the main chain stands, as the uplink itself writes it: the anchor under way,
// the oldest summary without an answer. Durable when `put` resolves; small and rewritten in place.

import type { Database } from '../../host/sqlite.ts';
import { blobAt, textAt } from './columns.ts';

export class UplinkTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const [row] = await this.#database.read('SELECT value FROM uplink WHERE key = ?', [key]);
    return row && blobAt(row, 'value');
  }

  /** All whose keys begin so, by the rest of the key. */
  async under(prefix: string): Promise<ReadonlyMap<string, Uint8Array>> {
    const sql = 'SELECT key, value FROM uplink WHERE substr(key, 1, ?) = ? ORDER BY key';
    const rows = await this.#database.read(sql, [prefix.length, prefix]);
    return new Map(
      rows.map((row) => [textAt(row, 'key').slice(prefix.length), blobAt(row, 'value')]),
    );
  }

  /** All or nothing; undefined deletes. */
  put(values: Readonly<Record<string, Uint8Array | undefined>>): Promise<void> {
    return this.#database.write(
      Object.entries(values).map(([key, value]) =>
        value === undefined
          ? { sql: 'DELETE FROM uplink WHERE key = ?', params: [key] }
          : {
              sql: `INSERT INTO uplink (key, value) VALUES (?, ?)
                ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
              params: [key, value],
            },
      ),
    );
  }
}
