// SPDX-License-Identifier: Apache-2.0
// The history in a SQLite file of this node's own.

import { assert } from '../../base/assert.ts';
import type { Database } from '../../host/sqlite.ts';
import { bytesOf, integerOf } from '../store/columns.ts';
import {
  historyColumns,
  historyRowFrom,
  historyValues,
  registerFrom,
  selectChainWith,
  selectHistory,
  selectRegister,
} from './history-columns.ts';
import type { HistoryRow } from './history-row.ts';
import type {
  HistoryPosition,
  HistoryQuery,
  HistoryStore,
  Register,
  RegisterQuery,
} from './history-store.ts';

const insert = `INSERT INTO summary (${historyColumns.join(', ')})
  VALUES (${historyColumns.map(() => '?').join(', ')}) ON CONFLICT DO NOTHING`;

const move = 'UPDATE position SET sequence = ?, message_hash = ? WHERE sequence = ?';

/**
 * SQLite would walk through all that the chain has of that time, because it lies in the order that is
 * asked for: of one register that is one row in some thousands.
 */
export function indexFor({ devices, obis }: HistoryQuery): string {
  const isOneRegister = devices !== 'all' && devices.size === 1 && obis !== undefined;
  return isOneRegister ? ' INDEXED BY summary_register' : '';
}

export class SqliteHistory implements HistoryStore {
  readonly kind = 'sqlite';
  readonly #database: Database;

  /** With `historyMigrations`. */
  constructor(database: Database) {
    this.#database = database;
  }

  async position(): Promise<HistoryPosition> {
    const [row] = await this.#database.read('SELECT sequence, message_hash FROM position');
    assert(row !== undefined, 'the position is made with the table');
    const hash = row.message_hash;
    return {
      sequence: integerOf(row, 'sequence'),
      hash: hash instanceof Uint8Array ? new Uint8Array(hash) : null,
    };
  }

  /** Never `moved`: the file has one writer. */
  async add({ from, to, rows }: Parameters<HistoryStore['add']>[0]): Promise<'added'> {
    await this.#database.write([
      ...rows.map((row) => ({ sql: insert, params: historyValues(row) })),
      { sql: move, params: [to.sequence, to.hash, from], changes: 1 },
    ]);
    return 'added';
  }

  async query(query: HistoryQuery): Promise<readonly HistoryRow[]> {
    const { sql, params } = selectHistory(query, 'summary', indexFor(query));
    return (await this.#database.read(sql, params)).map(historyRowFrom);
  }

  async chainWith(device: string, after: Uint8Array): Promise<Uint8Array | undefined> {
    const [row] = await this.#database.read(selectChainWith('summary'), [device, after]);
    return row && bytesOf(row, 'chain_id');
  }

  async registerBehind(query: RegisterQuery): Promise<Register | undefined> {
    const { sql, params } = selectRegister(query, 'summary');
    const [row] = await this.#database.read(sql, params);
    return row && registerFrom(row);
  }

  async clear(): Promise<void> {
    await this.#database.write([
      { sql: 'DELETE FROM summary' },
      { sql: 'UPDATE position SET sequence = 0, message_hash = NULL' },
    ]);
  }

  async dropBefore(startMs: number): Promise<void> {
    await this.#database.write([
      { sql: 'DELETE FROM summary WHERE start_ms < ?', params: [startMs] },
    ]);
  }
}
