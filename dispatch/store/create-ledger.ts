// SPDX-License-Identifier: Apache-2.0
// A new `ledger.sqlite`: a main log that holds its genesis.

import { nodeSuite } from '../../base/node-suite.ts';
import { HistoryTree } from '../../base/tree.ts';
import { openDatabase, type Statement } from '../../host/sqlite.ts';
import { MainLedger } from '../ledger/main-ledger.ts';
import type { LogHead } from './ledger-changes.ts';
import { ledgerMigrations } from './ledger-schema.ts';
import { LedgerStore } from './ledger-store.ts';

/** `alongside`: written in the same transaction. The file must not be there. */
export async function createLedger(
  path: string,
  genesis: Uint8Array,
  alongside: (head: LogHead) => readonly Statement[] = () => [],
): Promise<void> {
  const tree = new HistoryTree(nodeSuite, { leafHashAt: noLeaf });
  const { ledger, changes } = MainLedger.begin(nodeSuite, genesis, tree);
  const database = await openDatabase({ path, mode: 'create', migrations: ledgerMigrations });
  try {
    const head = { size: ledger.tree.size, root: ledger.tree.root() };
    await new LedgerStore(database).persist(changes, head, alongside(head));
  } finally {
    await database.close();
  }
}

function noLeaf(): never {
  throw new Error('a new log has no complete group of leaves');
}
