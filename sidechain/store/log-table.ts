// SPDX-License-Identifier: Apache-2.0
// The replicated log on disk. Each row carries a checksum over all of it, so that a bit that rots
// is told from an entry that was never written. Nothing is ever truncated because it is damaged.

import { concat, equal, u64 } from '../../base/bytes.ts';
import { TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Suite } from '../../base/suite.ts';
import type { Database, Row, Statement } from '../../host/sqlite.ts';
import type { Entry, EntryKind } from '../raft/entry.ts';
import { blobAt, integerAt } from './columns.ts';

/** A row as it stands on disk: `kind` and `checksum` may be anything. */
export type LogRow = {
  readonly index: number;
  readonly term: number;
  readonly kind: number;
  readonly data: Uint8Array;
  readonly checksum: Uint8Array;
};

const kinds: readonly EntryKind[] = ['normal', 'config'];
const checksumBytes = 8;

/** Replaces all from the first of `entries` on: a follower's log takes its leader's course. */
export function appendStatements(suite: Suite, entries: readonly Entry[]): readonly Statement[] {
  const first = entries[0];
  if (first === undefined) return [];
  return [
    { sql: 'DELETE FROM log WHERE idx >= ?', params: [first.index] },
    ...entries.map((entry) => insert(suite, entry)),
  ];
}

function insert(suite: Suite, entry: Entry): Statement {
  const { index, term, kind, data, checksum } = rowOf(suite, entry);
  return {
    sql: 'INSERT INTO log (idx, term, kind, data, checksum) VALUES (?, ?, ?, ?, ?)',
    params: [index, term, kind, data, checksum],
    changes: 1,
  };
}

/** An entry as it is written. */
export function rowOf(suite: Suite, { index, term, kind, data }: Entry): LogRow {
  const row = { index, term, kind: kinds.indexOf(kind), data };
  return { ...row, checksum: checksumOf(suite, row) };
}

/** The entry, or undefined where the row is not what was written. */
export function entryOf(suite: Suite, row: LogRow): Entry | undefined {
  const kind = kinds[row.kind];
  if (kind === undefined || !equal(checksumOf(suite, row), row.checksum)) return undefined;
  return { index: row.index, term: row.term, kind, data: row.data };
}

/** @throws TielineError `log-damaged` (fatal) for a row that is not what was written. */
export function soundEntryOf(suite: Suite, row: LogRow): Entry {
  const entry = entryOf(suite, row);
  if (entry !== undefined) return entry;
  throw new TielineError('log-damaged', `entry ${row.index} of the log is damaged on the disk`, {
    retry: 'fatal',
    hint:
      '`tieline chain scrub --data DIR --from COPY` takes it from the copy of another member; else ' +
      'restore the newest copy, or join the chain as a new member; the card may be failing',
  });
}

/** Index of the newest row, 0 for none. */
export async function lastLogIndex(database: Database): Promise<number> {
  const [row] = await database.read('SELECT coalesce(max(idx), 0) AS last FROM log');
  return row === undefined ? 0 : integerAt(row, 'last');
}

/** Puts a sound entry in the place of one that is damaged. */
export function replaceStatement(suite: Suite, entry: Entry): Statement {
  const { index, term, kind, data, checksum } = rowOf(suite, entry);
  return {
    sql: 'UPDATE log SET term = ?, kind = ?, data = ?, checksum = ? WHERE idx = ?',
    params: [term, kind, data, checksum, index],
    changes: 1,
  };
}

/**
 * Whether this is the entry that a damaged row was written for: the row has its checksum, or all of
 * it but the checksum.
 */
export function isWrittenAs(suite: Suite, row: LogRow, entry: Entry): boolean {
  const { index, term, kind, data, checksum } = rowOf(suite, entry);
  if (row.index !== index) return false;
  const isAlike = row.term === term && row.kind === kind && equal(row.data, data);
  return isAlike || equal(checksum, row.checksum);
}

export async function readLogRow(database: Database, index: number): Promise<LogRow | undefined> {
  const [row] = await database.read(
    'SELECT idx, term, kind, data, checksum FROM log WHERE idx = ?',
    [index],
  );
  return row && logRowOf(row);
}

/** Rows from `from` to `to`, both included, in order; read in pages of bounded size. */
export async function* walkLog(
  database: Database,
  range: { readonly from: number; readonly to: number },
): AsyncGenerator<LogRow, undefined> {
  for (let next = range.from; next <= range.to; ) {
    const rows = await readLogPage(database, { from: next, to: range.to }, limits.storePageBytes);
    const last = rows.at(-1);
    if (last === undefined) return undefined;
    yield* rows;
    next = last.index + 1;
  }
  return undefined;
}

/** The first rows of a range, in order: about so many bytes, at least one row where there is any. */
export async function readLogPage(
  database: Database,
  range: { readonly from: number; readonly to: number },
  bytesMax: number,
): Promise<readonly LogRow[]> {
  const last = await endOfPage(database, range, bytesMax);
  if (last === undefined) return [];
  const rows = await database.read(
    'SELECT idx, term, kind, data, checksum FROM log WHERE idx BETWEEN ? AND ? ORDER BY idx',
    [range.from, last],
  );
  return rows.map(logRowOf);
}

/**
 * Lengths first: a page of blocks may be a few kilobytes or a gigabyte. At least one row is in a
 * page.
 */
async function endOfPage(
  database: Database,
  range: { readonly from: number; readonly to: number },
  bytesMax: number,
): Promise<number | undefined> {
  const rows = await database.read(
    `SELECT idx, length(data) AS bytes FROM log WHERE idx BETWEEN ? AND ? ORDER BY idx LIMIT ?`,
    [range.from, range.to, limits.storePageRows],
  );
  let last: number | undefined;
  let bytes = 0;
  for (const row of rows) {
    bytes += integerAt(row, 'bytes');
    if (last !== undefined && bytes > bytesMax) break;
    last = integerAt(row, 'idx');
  }
  return last;
}

function logRowOf(row: Row): LogRow {
  return {
    index: integerAt(row, 'idx'),
    term: integerAt(row, 'term'),
    kind: integerAt(row, 'kind'),
    data: blobAt(row, 'data'),
    checksum: blobAt(row, 'checksum'),
  };
}

function checksumOf(suite: Suite, row: Omit<LogRow, 'checksum'>): Uint8Array {
  const { index, term, kind, data } = row;
  const hashed = concat(u64(BigInt(index)), u64(BigInt(term)), u64(BigInt(kind)), data);
  return suite.sha256(hashed).slice(0, checksumBytes);
}
