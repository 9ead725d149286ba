// SPDX-License-Identifier: Apache-2.0
// A small chain on disk that has everything an audit looks at, and how to alter it.

import { readFileSync, writeFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import type { SqlValue } from '../../../host/sqlite.ts';
import { type AuditReport, auditChain } from '../../../sidechain/store/audit.ts';
import { chainPath } from '../../../sidechain/store/chain-file.ts';
import { batchEntry, packAt, schemaEntry, startMs, stranger } from '../chain/fixture.ts';
import { newChain, startNode, TestDatabase, temporaryDirectory } from './rig.ts';
import { countingContract } from './test-contract.ts';

export const contracts = [countingContract];

/** Genesis; a schema and a stranger's, refused; a batch. The checkpoint of all three is signed. */
export async function smallChain(): Promise<TestDatabase> {
  file ??= await makeFile();
  const dataDir = temporaryDirectory();
  writeFileSync(chainPath(dataDir), file);
  const database = new TestDatabase(dataDir);
  onTestFinished(() => database.close());
  return database;
}

/** Made once: the tests copy it. */
let file: Uint8Array | undefined;

async function makeFile(): Promise<Uint8Array> {
  const dataDir = await newChain(contracts);
  const rules = { itemsMax: 2, ageMs: 100, heartbeatMs: 60_000 };
  const { node, clock } = await startNode(dataDir, { contracts, rules });
  const first = Promise.all([node.submit(schemaEntry()), node.submit(schemaEntry(stranger))]);
  await clock.pass(100);
  await first;
  const last = node.submit(batchEntry(1, [packAt(startMs + 1_000, 10)]));
  await clock.pass(0);
  await clock.pass(100);
  await last;
  await node.cosign();
  await node.close();
  return readFileSync(chainPath(dataDir));
}

export function audit(database: TestDatabase): Promise<AuditReport> {
  return auditChain({ database, suite, contracts });
}

type Column = {
  readonly table: string;
  readonly column: string;
  /**
   * Expressions over a row: what tells it from others, and the height that its damage is to name.
   */
  readonly key: string;
  readonly height: string;
};

export type Miss = {
  readonly key: SqlValue;
  readonly position: number;
  readonly report: AuditReport;
};

/**
 * Alters one bit of every byte of a column, in turn, and lists where the audit did not name the
 * height.
 */
export async function alterEveryByte(
  database: TestDatabase,
  { table, column, key, height }: Column,
): Promise<{ readonly tried: number; readonly misses: readonly Miss[] }> {
  const sql = `UPDATE ${table} SET ${column} = ? WHERE ${key} = ?`;
  const misses: Miss[] = [];
  let tried = 0;
  const select = `SELECT ${key} AS key, ${column} AS bytes, ${height} AS height FROM ${table}`;
  for (const row of await database.read(select)) {
    const { bytes, key: id = null } = row;
    if (!(bytes instanceof Uint8Array)) throw new Error(`${column} holds bytes`);
    for (let position = 0; position < bytes.length; position++) {
      const altered = bytes.slice();
      altered[position] = (altered[position] ?? 0) ^ (1 << (position % 8));
      await database.write([{ sql, params: [altered, id], changes: 1 }]);
      const report = await audit(database);
      if (report.ok || report.height !== row.height) misses.push({ key: id, position, report });
      tried += 1;
    }
    await database.write([{ sql, params: [bytes, id], changes: 1 }]);
  }
  return { tried, misses };
}
