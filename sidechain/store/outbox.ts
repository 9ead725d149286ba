// SPDX-License-Identifier: Apache-2.0
// The durable outbox: signed entries on their way into a block. An entry is on disk before anyone
// is told of it, and leaves in the transaction that stores the block which took or refused it.
// Bounded in bytes: a full outbox refuses, and the gateway signs for what it could not keep.

import { assert } from '../../base/assert.ts';
import { type CborValue, decode, encode } from '../../base/cbor.ts';
import { TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Database, Row, Statement } from '../../host/sqlite.ts';
import type { BlockEntry } from '../chain/block.ts';
import { blockEntryBytes } from '../chain/pool.ts';
import { blobAt, integerAt, optional } from './columns.ts';
import { damaged } from './damage.ts';

export type OutboxRow = {
  /** Order of submission. */
  readonly position: number;
  /** Of a numbered entry. */
  readonly sequence: number | undefined;
  readonly entry: BlockEntry;
};

export class Outbox {
  readonly #database: Database;
  readonly #bytesMax: number;
  #bytes = 0;
  #count = 0;
  #lastPosition = 0;

  private constructor(database: Database, bytesMax: number) {
    this.#database = database;
    this.#bytesMax = bytesMax;
  }

  static async open(database: Database, bytesMax: number): Promise<Outbox> {
    const [row] = await database.read(
      `SELECT count(*) AS count, coalesce(sum(bytes), 0) AS bytes,
         coalesce(max(position), 0) AS last FROM outbox`,
    );
    assert(row !== undefined, 'a sum is one row');
    const outbox = new Outbox(database, bytesMax);
    outbox.#bytes = integerAt(row, 'bytes');
    outbox.#count = integerAt(row, 'count');
    outbox.#lastPosition = integerAt(row, 'last');
    return outbox;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get count(): number {
    return this.#count;
  }

  /** Position of the newest entry; 0 before the first. */
  get lastPosition(): number {
    return this.#lastPosition;
  }

  /** Full enough for an alarm: the readings come faster than blocks take them. */
  get isFilling(): boolean {
    return this.#bytes * 100 >= this.#bytesMax * limits.outboxAlarmPercent;
  }

  /**
   * Takes a place for an entry. It counts from now on, and is durable with its statement.
   * @throws TielineError `outbox-full` (transient): nothing was taken.
   */
  add(entry: BlockEntry, sequence: number | undefined): { row: OutboxRow; statement: Statement } {
    const bytes = blockEntryBytes(entry);
    if (this.#bytes + bytes > this.#bytesMax) {
      throw new TielineError(
        'outbox-full',
        `${this.#count} signed entries (${this.#bytes} bytes) wait for a block, no more are kept`,
        { retry: 'transient', hint: 'see `tieline status` for why this chain makes no blocks' },
      );
    }
    this.#bytes += bytes;
    this.#count += 1;
    this.#lastPosition += 1;
    const row = { position: this.#lastPosition, sequence, entry };
    return { row, statement: insert(row) };
  }

  /** Takes back what was added and never stored. */
  cancel(row: OutboxRow): void {
    this.#subtract(1, blockEntryBytes(row.entry));
  }

  /** For the transaction that stores the block. */
  remove(row: OutboxRow): Statement {
    this.#subtract(1, blockEntryBytes(row.entry));
    return { sql: 'DELETE FROM outbox WHERE position = ?', params: [row.position], changes: 1 };
  }

  /**
   * All of numbers after this one that is stored, for the transaction that stores the block. From the
   * position `from` on rows are only being written; these are `written`.
   */
  async removeAfter(
    sequence: number,
    { from, written }: { readonly from: number; readonly written: readonly OutboxRow[] },
  ): Promise<Statement> {
    const [row] = await this.#database.read(
      `SELECT count(*) AS count, coalesce(sum(bytes), 0) AS bytes FROM outbox
       WHERE sequence > ? AND position < ?`,
      [sequence, from],
    );
    assert(row !== undefined, 'a sum is one row');
    const changes = integerAt(row, 'count') + written.length;
    const bytes = written.reduce((sum, { entry }) => sum + blockEntryBytes(entry), 0);
    this.#subtract(changes, integerAt(row, 'bytes') + bytes);
    return { sql: 'DELETE FROM outbox WHERE sequence > ?', params: [sequence], changes };
  }

  #subtract(count: number, bytes: number): void {
    this.#count -= count;
    this.#bytes -= bytes;
    assert(this.#bytes >= 0 && this.#count >= 0, 'an entry leaves the outbox once');
  }

  /** Rows after a position, in order, up to so many bytes but at least one. */
  async read(after: number, bytesMax: number): Promise<readonly OutboxRow[]> {
    const sizes = await this.#database.read(
      'SELECT position, bytes FROM outbox WHERE position > ? ORDER BY position LIMIT ?',
      [after, limits.storePageRows],
    );
    let last = after;
    let bytes = 0;
    for (const row of sizes) {
      bytes += integerAt(row, 'bytes');
      if (last > after && bytes > bytesMax) break;
      last = integerAt(row, 'position');
    }
    const rows = await this.#database.read(
      `SELECT position, sequence, entry, secret, packs FROM outbox
       WHERE position > ? AND position <= ? ORDER BY position`,
      [after, last],
    );
    return rows.map(outboxRowOf);
  }

  /** Sequence of the newest numbered entry, undefined where none waits. */
  async lastSequence(): Promise<number | undefined> {
    const [row] = await this.#database.read('SELECT max(sequence) AS last FROM outbox');
    return row && optional(integerAt, row, 'last');
  }
}

/** As from a full outbox: the gateway counts what it loses, and signs for the gap. */
export function noRoom(): TielineError {
  return new TielineError('outbox-full', 'the disk is all but full: nothing more is kept', {
    retry: 'transient',
    hint: 'make room on the disk; `tieline doctor` shows how much is left',
  });
}

function insert({ position, sequence, entry }: OutboxRow): Statement {
  return {
    sql: `INSERT INTO outbox (position, sequence, bytes, entry, secret, packs)
      VALUES (?, ?, ?, ?, ?, ?)`,
    params: [
      position,
      sequence ?? null,
      blockEntryBytes(entry),
      entry.entry,
      entry.packs?.secret ?? null,
      entry.packs === undefined ? null : encode(entry.packs.packs),
    ],
    changes: 1,
  };
}

function outboxRowOf(row: Row): OutboxRow {
  const secret = optional(blobAt, row, 'secret');
  const packs = optional(blobAt, row, 'packs');
  const entry = blobAt(row, 'entry');
  return {
    position: integerAt(row, 'position'),
    sequence: optional(integerAt, row, 'sequence'),
    entry:
      secret === undefined || packs === undefined
        ? { entry }
        : { entry, packs: { secret, packs: packsOf(packs) } },
  };
}

function packsOf(bytes: Uint8Array): readonly Uint8Array[] {
  const decoded = decode(bytes);
  if (decoded.ok && Array.isArray(decoded.value) && decoded.value.every(isBytes)) {
    return decoded.value;
  }
  throw damaged('the packs of an entry in the outbox');
}

function isBytes(value: CborValue): value is Uint8Array {
  return value instanceof Uint8Array;
}
