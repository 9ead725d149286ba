// SPDX-License-Identifier: Apache-2.0
// Whether a ledger on disk is whole: SQLite's own check, the root over all its leaves, and each anchor,
// record and act against its leaf. For copies, which nobody runs.

import { equal, toHex } from '../../base/bytes.ts';
import { TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Suite } from '../../base/suite.ts';
import { type Database, databaseBytes, openDatabase } from '../../host/sqlite.ts';
import type { MainLog } from '../../sidechain/chain/main-log.ts';
import { mainLeafHash } from '../../sidechain/chain/receipt-message.ts';
import { bytesOf, integerOf, textOf } from './columns.ts';
import { readLedgerCounts } from './ledger-counts.ts';
import { ledgerMigrations } from './ledger-schema.ts';
import { LedgerStore } from './ledger-store.ts';
import { loadLedger } from './load-ledger.ts';

export type LedgerAudit = {
  readonly mainLog: MainLog;
  readonly size: number;
  /** 64 hex digits. */
  readonly root: string;
  readonly chainCount: number;
  readonly summaryMessages: number;
  readonly bytes: number;
};

/** @throws TielineError `ledger-damaged`, `ledger-empty`, `database-*`. */
export async function auditLedger(suite: Suite, path: string): Promise<LedgerAudit> {
  const database = await openDatabase({ path, mode: 'read-only', migrations: ledgerMigrations });
  try {
    await requireWhole(database, path);
    const { ledger } = await loadLedger(suite, new LedgerStore(database));
    for (const table of ['anchor', 'record'] as const) {
      await requireLeaves(suite, database, { table, path });
    }
    const { summaryMessages } = await readLedgerCounts(database);
    return {
      mainLog: ledger.mainLog,
      size: ledger.tree.size,
      root: toHex(ledger.tree.root()),
      chainCount: ledger.chainCount,
      summaryMessages,
      bytes: databaseBytes(path),
    };
  } finally {
    await database.close();
  }
}

async function requireWhole(database: Database, path: string): Promise<void> {
  const [row] = await database.read(
    'SELECT integrity_check AS said FROM pragma_integrity_check LIMIT 1',
  );
  const said = row === undefined ? 'nothing' : textOf(row, 'said');
  if (said !== 'ok') throw damaged(path, said);
}

async function requireLeaves(
  suite: Suite,
  database: Database,
  { table, path }: { readonly table: 'anchor' | 'record'; readonly path: string },
): Promise<void> {
  let after = 0;
  for (;;) {
    const rows = await database.read(
      `SELECT t.log_index, t.bytes, l.hash FROM ${table} t JOIN leaf l ON l.log_index = t.log_index
        WHERE t.log_index > ? ORDER BY t.log_index LIMIT ?`,
      [after, limits.storePageRows],
    );
    for (const row of rows) {
      after = integerOf(row, 'log_index');
      if (equal(mainLeafHash(suite, bytesOf(row, 'bytes')), bytesOf(row, 'hash'))) continue;
      throw damaged(path, `what is at ${after} is not what its leaf says`);
    }
    if (rows.length < limits.storePageRows) return;
  }
}

function damaged(path: string, what: string): TielineError {
  return new TielineError('ledger-damaged', `${path} is damaged: ${what}`, {
    hint: 'take another copy',
  });
}
