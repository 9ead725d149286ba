// SPDX-License-Identifier: Apache-2.0
// The main ledger on disk: writes the changes of a batch as one transaction, and finds accepted
// anchors again. Nothing is answered that was not written here before.

import { assert } from '../../base/assert.ts';
import type { Suite } from '../../base/suite.ts';
import { groupSize } from '../../base/tree.ts';
import type { Database, Row, Statement } from '../../host/sqlite.ts';
import { openGenesis } from '../../sidechain/chain/genesis.ts';
import { foundingMembership } from '../../sidechain/chain/membership-proof.ts';
import type { ChainRecord } from '../ledger/chain-record.ts';
import type { PackedChain } from '../ledger/chain-table.ts';
import { decodeMembership, encodeMembership } from '../ledger/membership-column.ts';
import type { Change } from '../ledger/transaction.ts';
import { bytesOf, integerOf, textOf } from './columns.ts';
import { HandOverStore } from './hand-over-store.ts';
import { type LogHead, statementsOf } from './ledger-changes.ts';
import { RegistryStore } from './registry-store.ts';
import { TradeStore } from './trade-store.ts';

/** An anchor as it was taken. */
export type StoredAnchor = {
  readonly logIndex: number;
  readonly chainId: Uint8Array;
  readonly bytes: Uint8Array;
  /** Size of the main log that its first receipt shows. */
  readonly receiptSize: number;
  readonly acceptedMs: number;
};

/** A report of a member, as it was taken. */
export type StoredReport = {
  readonly gateway: Uint8Array;
  readonly bytes: Uint8Array;
  readonly takenMs: number;
};

/** Of the row of a chain, what is only shown. */
export type StoredChain = {
  readonly record: ChainRecord;
  readonly genesis: Uint8Array;
  readonly enrolledMs: number;
};

const recordColumns = `c.chain_id, c.name, c.centre, c.membership, c.quarantined, c.distrusted,
  c.log_index, a.size, a.root`;
const fromChains = 'FROM chain c LEFT JOIN anchor a ON a.log_index = c.log_index';
const chainColumns = `${recordColumns}, c.genesis, c.enrolled_ms ${fromChains}`;
/** The genesis only where it is all that tells the members. */
const packedColumns = `${recordColumns},
  iif(c.membership IS NULL, c.genesis, NULL) AS genesis ${fromChains}`;

const anchorColumns = 'log_index, chain_id, bytes, receipt_size, accepted_ms FROM anchor';

export class LedgerStore {
  readonly registry: RegistryStore;
  readonly trade: TradeStore;
  readonly handOvers: HandOverStore;
  readonly #database: Database;

  constructor(database: Database) {
    this.registry = new RegistryStore(database);
    this.trade = new TradeStore(database);
    this.handOvers = new HandOverStore(database);
    this.#database = database;
  }

  /**
   * Durable when it resolves, and `alongside` with it. `head` is the log with all of `changes`.
   */
  async persist(
    changes: readonly Change[],
    head: LogHead,
    alongside: readonly Statement[] = [],
  ): Promise<void> {
    await this.#database.write([...statementsOf(changes, head), ...alongside]);
  }

  async log(): Promise<{ readonly genesis: Uint8Array; readonly head: LogHead } | undefined> {
    const [row] = await this.#database.read('SELECT genesis, size, root FROM log');
    if (row === undefined) return undefined;
    const head = { size: integerOf(row, 'size'), root: bytesOf(row, 'root') };
    return { genesis: bytesOf(row, 'genesis'), head };
  }

  /** The leaf hashes of one group that are there, in order. */
  async leafHashes(group: number): Promise<readonly Uint8Array[]> {
    const rows = await this.#database.read(
      'SELECT hash FROM leaf WHERE log_index >= ? AND log_index < ? ORDER BY log_index',
      [group * groupSize, (group + 1) * groupSize],
    );
    return rows.map((row) => bytesOf(row, 'hash'));
  }

  /** Hashes of at most `countMax` complete groups, in order from the group `from`. */
  async groupHashes(from: number, countMax: number): Promise<readonly Uint8Array[]> {
    const rows = await this.#database.read(
      'SELECT hash FROM leaf_group WHERE group_index >= ? ORDER BY group_index LIMIT ?',
      [from, countMax],
    );
    return rows.map((row) => bytesOf(row, 'hash'));
  }

  /** At most `countMax` chains in the order of their ids, after `after`. */
  async chains(
    suite: Suite,
    page: { readonly after: Uint8Array; readonly countMax: number },
  ): Promise<readonly StoredChain[]> {
    const rows = await this.#database.read(
      `SELECT ${chainColumns} WHERE c.chain_id > ? ORDER BY c.chain_id LIMIT ?`,
      [page.after, page.countMax],
    );
    return rows.map((row) => chainOf(suite, row));
  }

  /** The same, as the ledger keeps them. */
  async packedChains(
    suite: Suite,
    page: { readonly after: Uint8Array; readonly countMax: number },
  ): Promise<readonly PackedChain[]> {
    const rows = await this.#database.read(
      `SELECT ${packedColumns} WHERE c.chain_id > ? ORDER BY c.chain_id LIMIT ?`,
      [page.after, page.countMax],
    );
    return rows.map((row) => packedOf(suite, row));
  }

  async chain(suite: Suite, chainId: Uint8Array): Promise<StoredChain | undefined> {
    const [row] = await this.#database.read(`SELECT ${chainColumns} WHERE c.chain_id = ?`, [
      chainId,
    ]);
    return row && chainOf(suite, row);
  }

  /** The newest message about its members; undefined while they are those of the genesis. */
  async membershipMessage(chainId: Uint8Array): Promise<Uint8Array | undefined> {
    const sql = 'SELECT membership_message AS bytes FROM chain WHERE chain_id = ?';
    const [row] = await this.#database.read(sql, [chainId]);
    return row === undefined || row.bytes === null ? undefined : bytesOf(row, 'bytes');
  }

  /** Of one member, all that is kept. */
  async reportCount(chainId: Uint8Array, gateway: Uint8Array): Promise<number> {
    const sql = 'SELECT count(*) AS count FROM report WHERE chain_id = ? AND gateway = ?';
    const [row] = await this.#database.read(sql, [chainId, gateway]);
    return row === undefined ? 0 : integerOf(row, 'count');
  }

  /** The newest, the newest first. */
  async reports(chainId: Uint8Array, countMax: number): Promise<readonly StoredReport[]> {
    const rows = await this.#database.read(
      'SELECT gateway, bytes, taken_ms FROM report WHERE chain_id = ? ORDER BY id DESC LIMIT ?',
      [chainId, countMax],
    );
    return rows.map((row) => ({
      gateway: bytesOf(row, 'gateway'),
      bytes: bytesOf(row, 'bytes'),
      takenMs: integerOf(row, 'taken_ms'),
    }));
  }

  async anchorAt(logIndex: number): Promise<StoredAnchor | undefined> {
    const [row] = await this.#database.read(`SELECT ${anchorColumns} WHERE log_index = ?`, [
      logIndex,
    ]);
    return row && anchorOf(row);
  }

  /** What stands at this leaf, after the genesis: an anchor or another record. */
  async statementAt(
    logIndex: number,
  ): Promise<{ readonly bytes: Uint8Array; readonly receiptSize: number } | undefined> {
    return (await this.anchorAt(logIndex)) ?? this.registry.recordAt(logIndex);
  }

  /** The anchor that brought a chain to just this size. */
  async anchorOfSize(chainId: Uint8Array, size: number): Promise<StoredAnchor | undefined> {
    const [row] = await this.#database.read(
      `SELECT ${anchorColumns} WHERE chain_id = ? AND size = ?`,
      [chainId, size],
    );
    return row && anchorOf(row);
  }

  /** Root accepted from a chain at just this size. */
  async acceptedRoot(chainId: Uint8Array, size: number): Promise<Uint8Array | undefined> {
    const [row] = await this.#database.read(
      'SELECT root FROM anchor WHERE chain_id = ? AND size = ?',
      [chainId, size],
    );
    return row && bytesOf(row, 'root');
  }
}

function chainOf(suite: Suite, row: Row): StoredChain {
  const { membership, ...rest } = packedOf(suite, row);
  const record: ChainRecord = { ...rest, ...decodeMembership(membership) };
  return { record, genesis: bytesOf(row, 'genesis'), enrolledMs: integerOf(row, 'enrolled_ms') };
}

function packedOf(suite: Suite, row: Row): PackedChain {
  const anchored =
    row.log_index === null
      ? undefined
      : {
          size: integerOf(row, 'size'),
          root: bytesOf(row, 'root'),
          logIndex: integerOf(row, 'log_index'),
        };
  return {
    chainId: bytesOf(row, 'chain_id'),
    name: textOf(row, 'name'),
    centre: textOf(row, 'centre'),
    membership: membershipOf(suite, row),
    anchored,
    distrusted: keyIdsIn(bytesOf(row, 'distrusted')),
    quarantined: row.quarantined === 1,
  };
}

/** Files that older programs made have none before the first change. */
function membershipOf(suite: Suite, row: Row): Uint8Array {
  if (row.membership !== null) return bytesOf(row, 'membership');
  const opened = openGenesis(suite, bytesOf(row, 'genesis'));
  assert(opened.ok, 'a genesis was checked when its chain was enrolled');
  return encodeMembership(foundingMembership(suite, opened.value.genesis));
}

function keyIdsIn(column: Uint8Array): readonly Uint8Array[] {
  return Array.from({ length: column.length / 8 }, (_, i) => column.slice(8 * i, 8 * i + 8));
}

function anchorOf(row: Row): StoredAnchor {
  return {
    logIndex: integerOf(row, 'log_index'),
    chainId: bytesOf(row, 'chain_id'),
    bytes: bytesOf(row, 'bytes'),
    receiptSize: integerOf(row, 'receipt_size'),
    acceptedMs: integerOf(row, 'accepted_ms'),
  };
}
