// SPDX-License-Identifier: Apache-2.0
// Which part of the chain this file keeps, and which segments were made of the rest. Rows are
// deleted from the lowest height up, a group of blocks in a transaction, and that says in the same
// transaction where what is kept begins. What is kept of a deleted block for ever: the tree hash of
// its group, and entries that others build on.

import { limits } from '../../base/limits.ts';
import { groupSize } from '../../base/tree.ts';
import type { Database, Statement } from '../../host/sqlite.ts';
import type { Position } from '../raft/entry.ts';
import { integerAt } from './columns.ts';
import { assertIntact } from './damage.ts';

/** Where what is kept begins. */
export type Kept = {
  /** The first block that is here with its body. */
  readonly height: number;
  /** The entry of the log before the first one that is here; index 0 where all of it is. */
  readonly before: Position;
};

export async function readKept(database: Database): Promise<Kept> {
  const [row] = await database.read('SELECT height, log_index, log_term FROM kept');
  assertIntact(row !== undefined, 'it is not said where the kept blocks begin');
  return {
    height: integerAt(row, 'height'),
    before: { index: integerAt(row, 'log_index'), term: integerAt(row, 'log_term') },
  };
}

export function keptStatement({ height, before }: Kept): Statement {
  return {
    sql: 'UPDATE kept SET height = ?, log_index = ?, log_term = ? WHERE height <= ?',
    params: [height, before.index, before.term, height],
    changes: 1,
  };
}

/** A segment that was made here, be it still in the archive or carried away. */
export type SegmentRow = {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
  /** The entry of the log that is its last block's body. */
  readonly last: Position;
};

export async function readSegments(database: Database): Promise<readonly SegmentRow[]> {
  const segments: SegmentRow[] = [];
  for (;;) {
    const rows = await database.read(
      `SELECT first, last, bytes, log_index, log_term FROM segment
       WHERE first > ? ORDER BY first LIMIT ?`,
      [segments.at(-1)?.from ?? -1, limits.storePageRows],
    );
    for (const row of rows) {
      segments.push({
        from: integerAt(row, 'first'),
        to: integerAt(row, 'last'),
        bytes: integerAt(row, 'bytes'),
        last: { index: integerAt(row, 'log_index'), term: integerAt(row, 'log_term') },
      });
    }
    if (rows.length < limits.storePageRows) return segments;
  }
}

export function segmentStatement({ from, to, bytes, last }: SegmentRow): Statement {
  return {
    sql: 'INSERT INTO segment (first, last, bytes, log_index, log_term) VALUES (?, ?, ?, ?, ?)',
    params: [from, to, bytes, last.index, last.term],
    changes: 1,
  };
}

/** An entry that stays when its block goes. */
export type KeptEntry = {
  readonly height: number;
  readonly position: number;
  readonly bytes: Uint8Array;
};

/** What takes a group of blocks out of the file; `kept` is what remains after it. */
export function pruneStatements(kept: Kept, entries: readonly KeptEntry[]): readonly Statement[] {
  const below = kept.height;
  const range = [below - groupSize, below];
  return [
    ...entries.map(({ height, position, bytes }) => ({
      sql: 'INSERT INTO kept_entry (height, position, bytes) VALUES (?, ?, ?)',
      params: [height, position, bytes],
      changes: 1,
    })),
    { sql: 'DELETE FROM output WHERE height >= ? AND height < ?', params: range },
    {
      sql: 'DELETE FROM block WHERE height >= ? AND height < ?',
      params: range,
      changes: groupSize,
    },
    { sql: 'DELETE FROM log WHERE idx <= ?', params: [kept.before.index] },
    keptStatement(kept),
  ];
}

/** Receipts and the like of blocks that are no longer here. */
export async function keptEntryCount(database: Database): Promise<number> {
  const [row] = await database.read('SELECT count(*) AS count FROM kept_entry');
  return row === undefined ? 0 : integerAt(row, 'count');
}
