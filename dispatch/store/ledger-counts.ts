// SPDX-License-Identifier: Apache-2.0
// How much lies in the ledger: numbers that the file gives at once, however long it is.

import type { Database } from '../../host/sqlite.ts';
import { integerOf } from './columns.ts';

export type LedgerCounts = {
  readonly logSize: number;
  readonly reports: number;
  readonly summaryMessages: number;
  /** Chains of which two histories were found. */
  readonly forkedChains: number;
  readonly conflicts: number;
};

export async function readLedgerCounts(database: Database): Promise<LedgerCounts> {
  const [row] = await database.read(`SELECT
    coalesce((SELECT size FROM log), 0) AS log_size,
    coalesce((SELECT max(id) FROM report), 0) AS reports,
    coalesce((SELECT max(sequence) FROM summary_message), 0) AS summary_messages,
    (SELECT count(DISTINCT chain_id) FROM evidence WHERE kind = 'fork') AS forked_chains,
    (SELECT count(*) FROM evidence WHERE kind = 'summary') AS conflicts`);
  return {
    logSize: row === undefined ? 0 : integerOf(row, 'log_size'),
    reports: row === undefined ? 0 : integerOf(row, 'reports'),
    summaryMessages: row === undefined ? 0 : integerOf(row, 'summary_messages'),
    forkedChains: row === undefined ? 0 : integerOf(row, 'forked_chains'),
    conflicts: row === undefined ? 0 : integerOf(row, 'conflicts'),
  };
}
