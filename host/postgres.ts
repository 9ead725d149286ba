// SPDX-License-Identifier: Apache-2.0
// A PostgreSQL database over the network: the only importer of pg. Every call ends within a stated
// time, whatever the server does, and every failure is told as what somebody can do about it.
// Integers of 8 bytes come as numbers, exact decimals as text, bytes as bytes; nothing here depends
// on the clock or the time zone of the server.

import pg from 'pg';
import { historyLimits } from '../base/history-limits.ts';
import { postgresFailure } from './postgres-failure.ts';
import type { Row, SqlValue } from './sqlite.ts';

export type PostgresOptions = {
  /** Name or address, or the directory of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** undefined: none is needed, or `PGPASSWORD` or `~/.pgpass` has it. Never in a message. */
  readonly password: string | undefined;
  /** undefined: in the clear. Without `ca`, the authorities that Node knows. */
  readonly tls: { readonly ca: Uint8Array | undefined } | undefined;
};

/** A value, or a column of values for `unnest`. */
export type PostgresValue = SqlValue | readonly SqlValue[];

export type PostgresSession = {
  /** One statement with `$1`, `$2`…; or several without parameters. */
  readonly query: (
    sql: string,
    params?: readonly PostgresValue[],
  ) => Promise<readonly PostgresRow[]>;
};

export type PostgresRow = Readonly<Record<string, Row[string] | readonly unknown[]>>;

const int8 = 20;
const bytea = 17;

export class Postgres implements PostgresSession {
  readonly #pool: pg.Pool;
  readonly #place: string;

  /** Connects when it is asked something. */
  constructor(options: PostgresOptions) {
    const { host, port, database, user, password, tls } = options;
    this.#place = host.startsWith('/') ? `${host} (${port})` : `${host}:${port}`;
    this.#pool = new pg.Pool({
      host,
      port,
      database,
      user,
      ...(password === undefined ? {} : { password }),
      ssl: tls === undefined ? false : { ca: tls.ca && Buffer.from(tls.ca) },
      application_name: 'tieline',
      max: historyLimits.postgresConnectionsMax,
      connectionTimeoutMillis: historyLimits.postgresConnectMs,
      idleTimeoutMillis: historyLimits.postgresIdleMs,
      query_timeout: historyLimits.postgresQueryMs + historyLimits.postgresConnectMs,
      statement_timeout: historyLimits.postgresQueryMs,
      lock_timeout: historyLimits.postgresLockMs,
      idle_in_transaction_session_timeout: historyLimits.postgresQueryMs,
      keepAlive: true,
      allowExitOnIdle: true,
      types: { getTypeParser: parserOf as typeof pg.types.getTypeParser },
    });
    // A connection that breaks while nobody uses it: the next call opens another.
    this.#pool.on('error', () => {});
  }

  query(sql: string, params: readonly PostgresValue[] = []): Promise<readonly PostgresRow[]> {
    return this.#guarded(async () => rowsOf(await this.#pool.query(sql, [...params])));
  }

  /** All of it or nothing. Who throws in `body` has changed nothing. */
  transaction<T>(body: (session: PostgresSession) => Promise<T>): Promise<T> {
    return this.#guarded(async () => {
      const client = await this.#pool.connect();
      // Between two statements nobody else listens; the next statement fails and says so.
      const onError = () => {};
      client.on('error', onError);
      let broken = true;
      try {
        await client.query('BEGIN');
        const result = await body({
          query: async (sql, params = []) => rowsOf(await client.query(sql, [...params])),
        });
        await client.query('COMMIT');
        broken = false;
        return result;
      } catch (error) {
        await client.query('ROLLBACK').then(
          () => {
            broken = false;
          },
          () => {},
        );
        throw error;
      } finally {
        client.off('error', onError);
        client.release(broken);
      }
    });
  }

  /** Calls under way end within their time. */
  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #guarded<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      throw postgresFailure(this.#place, error);
    }
  }
}

function rowsOf(result: pg.QueryResult | readonly pg.QueryResult[]): readonly PostgresRow[] {
  return Array.isArray(result) ? [] : (result as pg.QueryResult).rows;
}

function parserOf(oid: number, format?: 'text' | 'binary'): (text: string) => unknown {
  if (oid === int8) return Number;
  const parse = pg.types.getTypeParser(oid, format as 'text');
  return oid === bytea ? (text) => new Uint8Array(parse(text) as Uint8Array) : parse;
}
