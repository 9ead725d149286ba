// SPDX-License-Identifier: Apache-2.0
// What no ingest can do without: five signatures an anchor, on all threads, with nothing around them;
// and one row of its bytes in SQLite, as many rows in a transaction as the ordering has.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signerFromSeed } from '../../../base/keys.ts';
import { limits } from '../../../base/limits.ts';
import { Connection } from '../../../host/sqlite-connection.ts';
import { VerifyPool } from '../../../host/verify-pool.ts';

/** Signatures a second on all threads, of messages as long as most of an anchor's. */
export async function bareVerifications(runMs: number): Promise<number> {
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
export function bareRows(bytes: number, runMs: number): number {
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
