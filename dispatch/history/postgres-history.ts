// SPDX-License-Identifier: Apache-2.0
// The history in PostgreSQL. Several nodes may use one schema: whoever finds the position moved has
// lost a race and asks again. Tables are made when first needed, and again after a failure, so that
// a server that was emptied is filled.

import { assert } from '../../base/assert.ts';
import { historyLimits } from '../../base/history-limits.ts';
import type { Postgres, PostgresSession } from '../../host/postgres.ts';
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
import { PostgresPartitions } from './postgres-partitions.ts';
import { migratePostgres, postgresColumnTypes } from './postgres-schema.ts';

export class PostgresHistory implements HistoryStore {
  readonly kind = 'postgres';
  readonly #postgres: Postgres;
  readonly #schema: string;
  readonly #partitions: PostgresPartitions;
  #ready = false;

  /** `schema` needs no quotes: small letters, digits and `_`. `nowMs` is this node's clock. */
  constructor(
    postgres: Postgres,
    options: { readonly schema: string; readonly nowMs: () => number },
  ) {
    assert(/^[a-z_][a-z0-9_]{0,47}$/.test(options.schema), 'the name of a schema was checked');
    this.#postgres = postgres;
    this.#schema = options.schema;
    this.#partitions = new PostgresPartitions(postgres, options.schema, options.nowMs);
  }

  position(): Promise<HistoryPosition> {
    return this.#prepared(async () => {
      const [row] = await this.#postgres.query(
        `SELECT sequence, message_hash FROM ${this.#schema}.position`,
      );
      assert(row !== undefined, 'the position is made with the table');
      const hash = row.message_hash;
      return { sequence: Number(row.sequence), hash: hash instanceof Uint8Array ? hash : null };
    });
  }

  add({ from, to, rows }: Parameters<HistoryStore['add']>[0]): Promise<'added' | 'moved'> {
    return this.#prepared(async () => {
      await this.#partitions.prepare(rows.map(({ startMs }) => startMs));
      return this.#postgres.transaction(async (session) => {
        const [moved] = await session.query(
          `UPDATE ${this.#schema}.position SET sequence = $1, message_hash = $2
            WHERE sequence = $3 RETURNING sequence`,
          [to.sequence, to.hash, from],
        );
        if (moved === undefined) return 'moved';
        for (let i = 0; i < rows.length; i += historyLimits.insertRowsMax) {
          await this.#insert(session, rows.slice(i, i + historyLimits.insertRowsMax));
        }
        return 'added';
      });
    });
  }

  query(query: HistoryQuery): Promise<readonly HistoryRow[]> {
    return this.#prepared(async () => {
      const { sql, params } = selectHistory(query, `${this.#schema}.summary`);
      return (await this.#postgres.query(numbered(sql), params)).map(historyRowFrom);
    });
  }

  chainWith(device: string, after: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#prepared(async () => {
      const sql = numbered(selectChainWith(`${this.#schema}.summary`));
      const [row] = await this.#postgres.query(sql, [device, after]);
      return row?.chain_id instanceof Uint8Array ? row.chain_id : undefined;
    });
  }

  registerBehind(query: RegisterQuery): Promise<Register | undefined> {
    return this.#prepared(async () => {
      const { sql, params } = selectRegister(query, `${this.#schema}.summary`);
      const [row] = await this.#postgres.query(numbered(sql), params);
      return row && registerFrom(row);
    });
  }

  clear(): Promise<void> {
    return this.#prepared(() =>
      this.#postgres.transaction(async (session) => {
        // The position first, as those do who add: so nobody waits for the other in a circle.
        await session.query(
          `UPDATE ${this.#schema}.position SET sequence = 0, message_hash = NULL`,
        );
        await session.query(`TRUNCATE ${this.#schema}.summary`);
      }),
    );
  }

  dropBefore(startMs: number): Promise<void> {
    return this.#prepared(() => this.#partitions.dropBefore(startMs));
  }

  /** Column by column: one statement, however many rows. */
  async #insert(session: PostgresSession, rows: readonly HistoryRow[]): Promise<void> {
    const values = rows.map(historyValues);
    const columns = historyColumns.map((_, i) => values.map((row) => row[i] ?? null));
    const types = postgresColumnTypes.map((type, i) => `$${i + 1}::${type}[]`).join(', ');
    await session.query(
      `INSERT INTO ${this.#schema}.summary (${historyColumns.join(', ')})
        SELECT * FROM unnest(${types}) ON CONFLICT DO NOTHING`,
      columns,
    );
  }

  async #prepared<T>(run: () => Promise<T>): Promise<T> {
    try {
      if (!this.#ready) {
        await migratePostgres(this.#postgres, this.#schema);
        this.#ready = true;
      }
      return await run();
    } catch (error) {
      this.#ready = false;
      this.#partitions.forget();
      throw error;
    }
  }
}

/** `$1`, `$2` … instead of `?`. */
function numbered(sql: string): string {
  let count = 0;
  return sql.replace(/\?/g, () => `$${++count}`);
}
