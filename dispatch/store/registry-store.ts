// SPDX-License-Identifier: Apache-2.0
// Reads what the organisations have decided and what persons have put on the main log: the registry, what
// is open, and the leaves that are no anchors.

import { assert } from '../../base/assert.ts';
import { equal } from '../../base/bytes.ts';
import type { Suite } from '../../base/suite.ts';
import type { Database, Row } from '../../host/sqlite.ts';
import { decodeAct } from '../../sidechain/chain/governance.ts';
import type { RecordKind } from '../../sidechain/chain/main-record.ts';
import type { PendingProposal, StoredGovernance } from '../ledger/judge-governance.ts';
import { bytesOf, integerOf, textOf } from './columns.ts';
import { decodeRegistry } from './registry-column.ts';

/** A leaf that is no anchor, as it was taken. */
export type StoredRecord = {
  readonly logIndex: number;
  readonly kind: RecordKind | 'act' | 'market-window';
  readonly bytes: Uint8Array;
  /** Size of the main log that its first receipt shows. */
  readonly receiptSize: number;
  readonly acceptedMs: number;
};

export const recordColumns = 'log_index, kind, bytes, receipt_size, accepted_ms FROM record';

export class RegistryStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async governance(suite: Suite): Promise<StoredGovernance> {
    const pending = await this.#pending();
    const [row] = await this.#database.read('SELECT version, data FROM registry');
    if (row === undefined) return { version: 0, pending, newest: undefined };
    const [act] = await this.#database.read(
      `SELECT ${recordColumns} WHERE kind = 'act' ORDER BY log_index DESC LIMIT 1`,
    );
    assert(act !== undefined, 'a registry is changed by an act');
    const opened = decodeAct(bytesOf(act, 'bytes'));
    assert(opened.ok, 'an act is stored as it is encoded');
    const proposalId = suite.sha256(opened.value.proposal);
    return {
      registry: decodeRegistry(bytesOf(row, 'data')),
      version: integerOf(row, 'version'),
      pending,
      newest: { proposalId, logIndex: integerOf(act, 'log_index') },
    };
  }

  async #pending(): Promise<readonly PendingProposal[]> {
    const rows = await this.#database.read(
      'SELECT id, organisation, bytes FROM proposal ORDER BY organisation',
    );
    const votes = await this.#database.read(
      'SELECT proposal_id, organisation, bytes FROM vote ORDER BY id',
    );
    return rows.map((row) => ({
      id: bytesOf(row, 'id'),
      organisation: textOf(row, 'organisation'),
      bytes: bytesOf(row, 'bytes'),
      votes: votes
        .filter((vote) => equal(bytesOf(vote, 'proposal_id'), bytesOf(row, 'id')))
        .map((vote) => ({
          organisation: textOf(vote, 'organisation'),
          bytes: bytesOf(vote, 'bytes'),
        })),
    }));
  }

  async recordAt(logIndex: number): Promise<StoredRecord | undefined> {
    const [row] = await this.#database.read(`SELECT ${recordColumns} WHERE log_index = ?`, [
      logIndex,
    ]);
    return row && recordOf(row);
  }

  /** Place of the record with this leaf hash. */
  async indexOf(leafHash: Uint8Array): Promise<number | undefined> {
    const [row] = await this.#database.read('SELECT log_index FROM record WHERE hash = ?', [
      leafHash,
    ]);
    return row && integerOf(row, 'log_index');
  }

  /** At most `countMax` from the leaf `from` on, in order. */
  async records(from: number, countMax: number): Promise<readonly StoredRecord[]> {
    const rows = await this.#database.read(
      `SELECT ${recordColumns} WHERE log_index >= ? ORDER BY log_index LIMIT ?`,
      [from, countMax],
    );
    return rows.map(recordOf);
  }
}

export function recordOf(row: Row): StoredRecord {
  return {
    logIndex: integerOf(row, 'log_index'),
    kind: textOf(row, 'kind') as StoredRecord['kind'],
    bytes: bytesOf(row, 'bytes'),
    receiptSize: integerOf(row, 'receipt_size'),
    acceptedMs: integerOf(row, 'accepted_ms'),
  };
}
