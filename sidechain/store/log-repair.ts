// SPDX-License-Identifier: Apache-2.0
// An entry that has rotted on the disk, and the same entry as another copy has it. It is put back
// only where it is the one that was written here: the checksum says so, and for the body of a block
// the header that every member computed. Nothing is ever truncated, and nothing guessed.

import { equal } from '../../base/bytes.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import { leafHash, rootOf } from '../../base/merkle.ts';
import type { Suite } from '../../base/suite.ts';
import type { Database, Statement } from '../../host/sqlite.ts';
import { decodeHeader } from '../chain/header.ts';
import { acceptedEntries } from '../chain/prove.ts';
import type { Entry } from '../raft/entry.ts';
import { blockOfEntry, outputsOf } from './block-table.ts';
import { meaningOf } from './log-meaning.ts';
import { entryOf, isWrittenAs, readLogPage, readLogRow, replaceStatement } from './log-table.ts';

/** Why what another copy says is not taken. */
export type Unfit = 'sound' | 'missing' | 'checksum' | 'block';

/** What puts the entry back. `found` is attacker-controlled. */
export async function repairOf(
  suite: Suite,
  database: Database,
  found: Entry,
): Promise<Result<Statement, Unfit>> {
  const row = await readLogRow(database, found.index);
  if (row === undefined) return refuse('missing', `the log has no entry ${found.index}`);
  if (entryOf(suite, row) !== undefined) return refuse('sound', 'the entry is as it was written');
  if (!isWrittenAs(suite, row, found)) {
    return refuse('checksum', 'it is not the entry that was written here');
  }
  const flaw = await flawOfBody(suite, database, found);
  return flaw === undefined ? accept(replaceStatement(suite, found)) : refuse('block', flaw);
}

/** The entries of a body are those under the entry root of its header. */
async function flawOfBody(
  suite: Suite,
  database: Database,
  found: Entry,
): Promise<string | undefined> {
  const block = await blockOfEntry(database, found.index);
  if (block === undefined) return undefined;
  const meaning = meaningOf(found);
  if (meaning.kind !== 'block') return `the body of block ${block.height} is missing`;
  const header = decodeHeader(block.headerBytes);
  if (!header.ok) return `block ${block.height} is none`;
  const entries = acceptedEntries(meaning.body, await outputsOf(database, block.height));
  const root = rootOf(
    suite,
    entries.map(({ entry }) => leafHash(suite, entry)),
  );
  const { entryRoot, entryCount } = header.value;
  const isUnder = entries.length === entryCount && equal(root, entryRoot);
  return isUnder ? undefined : `not under the entry root of block ${block.height}`;
}

export type LookedOver = {
  /** Entries that are not what was written. */
  readonly damaged: readonly number[];
  /** The next entry to look at. */
  readonly next: number;
  readonly count: number;
};

/** Looks at about so many bytes of the log. */
export async function lookOver(
  suite: Suite,
  database: Database,
  range: { readonly from: number; readonly to: number; readonly bytesMax: number },
): Promise<LookedOver> {
  const rows = await readLogPage(database, range, range.bytesMax);
  const damaged = rows.filter((row) => entryOf(suite, row) === undefined);
  return {
    damaged: damaged.map(({ index }) => index),
    next: (rows.at(-1)?.index ?? range.to) + 1,
    count: rows.length,
  };
}
