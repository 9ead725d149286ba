// SPDX-License-Identifier: Apache-2.0
// Tables of the history in PostgreSQL, in a schema of their own. Times are whole milliseconds since
// 1970, UTC, so that no server's clock or time zone changes one. Published steps are never edited;
// all of it may be dropped, and is made again.

import { TielineError } from '../../base/errors.ts';
import type { Postgres, PostgresSession } from '../../host/postgres.ts';

/** The oldest that has what is used here. */
const serverVersionMin = 130_000;

/** Any number: who takes this lock makes or changes the tables, all others wait. */
const migrationLock = 8_461_934_617;

/** Type of each column, in the order of `historyColumns`, for `unnest`. */
export const postgresColumnTypes = [
  'bytea',
  'bigint',
  'bigint',
  'bigint',
  'text',
  'text',
  'text',
  'bigint',
  'bigint',
  'text',
  'text',
  'numeric',
  'numeric',
  'numeric',
  'numeric',
  'numeric',
  'numeric',
  'bigint',
  'bigint',
  'jsonb',
  'jsonb',
  'jsonb',
  'text',
] as const;

/** Element n brings the schema `s` from version n to n + 1. */
const migrations: readonly ((s: string) => readonly string[])[] = [
  (s) => [
    `CREATE TABLE ${s}.position (
      id integer PRIMARY KEY CHECK (id = 1),
      sequence bigint NOT NULL,
      message_hash bytea
    )`,
    `INSERT INTO ${s}.position (id, sequence) VALUES (1, 0)`,
    // One partition a month, made when it is needed; what lies outside of any calendar goes into
    // the last one.
    `CREATE TABLE ${s}.summary (
      chain_id bytea NOT NULL,
      start_ms bigint NOT NULL,
      height bigint NOT NULL,
      output_index bigint NOT NULL,
      device text NOT NULL,
      obis text NOT NULL,
      unit text NOT NULL,
      window_ms bigint NOT NULL,
      revision bigint NOT NULL,
      quality text NOT NULL,
      reason text NOT NULL,
      first_value numeric,
      last_value numeric,
      min_value numeric,
      max_value numeric,
      mean_value numeric,
      delta_value numeric,
      reading_count bigint NOT NULL,
      expected_count bigint NOT NULL,
      missing jsonb,
      screened jsonb,
      events jsonb,
      definition text NOT NULL,
      PRIMARY KEY (chain_id, start_ms, height, output_index)
    ) PARTITION BY RANGE (start_ms)`,
    `CREATE INDEX summary_register
      ON ${s}.summary (chain_id, device, obis, start_ms, window_ms, revision)`,
    `CREATE TABLE ${s}.summary_other PARTITION OF ${s}.summary DEFAULT`,
    // For people and their tools; nothing here reads it.
    `CREATE VIEW ${s}.reading AS SELECT
      encode(chain_id, 'hex') AS chain, device, obis, unit,
      CASE WHEN start_ms < 253402300800000 THEN to_timestamp(start_ms / 1000.0) END AS starts,
      window_ms / 1000.0 AS seconds, revision, quality, reason,
      first_value, last_value, min_value, max_value, mean_value, delta_value,
      reading_count, expected_count, height || '-' || output_index AS id
      FROM ${s}.summary`,
  ],
  // On which chains a device is.
  (s) => [`CREATE INDEX summary_device ON ${s}.summary (device, chain_id)`],
];

/**
 * Makes the tables, or brings them up to date. Several programs may do so at once: one does, the
 * others wait for it.
 * @param schema a name that needs no quotes.
 * @throws TielineError `postgres-old`, `postgres-newer`, and as `Postgres` does.
 */
export async function migratePostgres(postgres: Postgres, schema: string): Promise<void> {
  await postgres.transaction(async (session) => {
    await requireVersion(session);
    await session.query('SELECT pg_advisory_xact_lock($1)', [migrationLock]);
    // Asked first: who may not make a schema may still use one.
    const [known] = await session.query('SELECT 1 AS one FROM pg_namespace WHERE nspname = $1', [
      schema,
    ]);
    if (known === undefined) await session.query(`CREATE SCHEMA ${schema}`);
    const [table] = await session.query('SELECT to_regclass($1) IS NOT NULL AS there', [
      `${schema}.version`,
    ]);
    if (`${table?.there}` !== 'true') {
      await session.query(`CREATE TABLE ${schema}.version (number integer NOT NULL)`);
      await session.query(`INSERT INTO ${schema}.version VALUES (0)`);
    }
    const [row] = await session.query(`SELECT number FROM ${schema}.version`);
    const version = Number(row?.number ?? 0);
    if (version > migrations.length) {
      throw new TielineError(
        'postgres-newer',
        `the history in PostgreSQL was made by a newer tieline (schema ${version}, known is ${migrations.length})`,
        { hint: 'run that version, or name another `history.postgres.schema`' },
      );
    }
    for (const migration of migrations.slice(version)) {
      for (const sql of migration(schema)) await session.query(sql);
    }
    await session.query(`UPDATE ${schema}.version SET number = $1`, [migrations.length]);
  });
}

async function requireVersion(session: PostgresSession): Promise<void> {
  const [row] = await session.query("SELECT current_setting('server_version_num') AS number");
  if (Number(row?.number) >= serverVersionMin) return;
  throw new TielineError(
    'postgres-old',
    `PostgreSQL ${Number(row?.number) / 10_000} is older than ${serverVersionMin / 10_000}`,
    { hint: 'update the server, or leave `history.postgres` out: SQLite keeps it then' },
  );
}
