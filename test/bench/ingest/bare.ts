// SPDX-License-Identifier: Apache-2.0
// What no ingest can do without: five signatures an anchor, on all threads, with nothing around them;
// and one row of its bytes in SQLite or PostgreSQL, as many rows in a transaction as the ordering has.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signerFromSeed } from '../../../base/keys.ts';
import { limits } from '../../../base/limits.ts';
import { Postgres } from '../../../host/postgres.ts';
import { Connection } from '../../../host/sqlite-connection.ts';
import { VerifyPool } from '../../../host/verify-pool.ts';
import { PostgresServer, postgresPassword } from '../../system/harness/postgres.ts';

const runMs = 2_000;

/** A second, each for itself. */
export type BareLimits = {
  readonly verifications: number;
  readonly sqliteRows: number;
  readonly postgresRows: number;
};

/** `rowBytes`: as many as the ledger has of an anchor. */
export async function bareLimits(rowBytes: number): Promise<BareLimits> {
  return {
    verifications: await bareVerifications(),
    sqliteRows: bareRows(rowBytes),
    postgresRows: await barePostgresRows(rowBytes),
  };
}

/** Signatures a second on all threads, of messages as long as most of an anchor's. */
async function bareVerifications(): Promise<number> {
  const pool = new VerifyPool();
  const signer = signerFromSeed(new Uint8Array(32).fill(7));
  const message = new Uint8Array(220);
  const check = { publicKey: signer.publicKey, message, signature: signer.sign(message) };
  const together = Array.from({ length: limits.signatureChecksTogether }, () => check);
  await Promise.all([pool.verify(together), pool.verify(together)]);
  const begun = performance.now();
  let count = 0;
  const one = async (): Promise<void> => {
    while (performance.now() - begun < runMs) {
      await pool.verify(together);
      count += together.length;
    }
  };
  await Promise.all(Array.from({ length: 8 }, one));
  const perSecond = count / ((performance.now() - begun) / 1_000);
  await pool.close();
  return perSecond;
}

/** Rows of so many bytes a second, durable, in one table by number. */
function bareRows(bytes: number): number {
  const dir = mkdtempSync(join(tmpdir(), 'tieline-bare-'));
  const connection = new Connection({
    path: join(dir, 'bare.sqlite'),
    mode: 'create',
    migrations: [['CREATE TABLE bare (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT']],
  });
  const row = new Uint8Array(bytes).fill(0x5a);
  const begun = performance.now();
  let count = 0;
  while (performance.now() - begun < runMs) {
    const sql = 'INSERT INTO bare (id, bytes) VALUES (?, ?)';
    const first = count;
    connection.write(
      Array.from({ length: limits.orderingBatchMax }, (_, i) => ({
        sql,
        params: [first + i, row],
      })),
    );
    count += limits.orderingBatchMax;
  }
  const perSecond = count / ((performance.now() - begun) / 1_000);
  connection.close();
  rmSync(dir, { recursive: true });
  return perSecond;
}

/** The same in PostgreSQL on this machine, by the statement with which the history writes its rows. */
async function barePostgresRows(bytes: number): Promise<number> {
  const server = await PostgresServer.begin();
  const postgres = new Postgres({
    ...{ host: '127.0.0.1', port: server.port, database: 'tieline', user: 'tieline' },
    ...{ password: postgresPassword, tls: undefined },
  });
  try {
    await postgres.query('CREATE TABLE bare (id bigint PRIMARY KEY, bytes bytea NOT NULL)');
    const row = new Uint8Array(bytes).fill(0x5a);
    const begun = performance.now();
    let count = 0;
    while (performance.now() - begun < runMs) {
      const first = count;
      const ids = Array.from({ length: limits.orderingBatchMax }, (_, i) => first + i);
      await postgres.query('INSERT INTO bare SELECT * FROM unnest($1::bigint[], $2::bytea[])', [
        ids,
        ids.map(() => row),
      ]);
      count += ids.length;
    }
    return count / ((performance.now() - begun) / 1_000);
  } finally {
    await postgres.close();
    await server.end();
  }
}
