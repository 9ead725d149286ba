// SPDX-License-Identifier: Apache-2.0
// What Raft keeps on disk, besides the log: its promises; and the window of both that it starts
// from. Term and vote are written in the transaction of the entries they come with. The commit
// index is not a promise: it is stored along with them, and what is applied was committed.

import type { Suite } from '../../base/suite.ts';
import type { Database, Statement } from '../../host/sqlite.ts';
import type { Configuration } from '../raft/configuration/configuration.ts';
import type { Entry, Position } from '../raft/entry.ts';
import type { HardState } from '../raft/storage.ts';
import { readKept } from './archive-table.ts';
import { integerAt } from './columns.ts';
import { assertIntact } from './damage.ts';
import { lastLogIndex, soundEntryOf, walkLog } from './log-table.ts';
import { LogWindow } from './log-window.ts';

export function hardStateStatement({ term, vote, commit }: HardState): Statement {
  return {
    sql: 'UPDATE hard_state SET term = ?, vote = ?, commit_index = ? WHERE term <= ?',
    params: [term, vote, commit, term],
    changes: 1,
  };
}

export async function readHardState(database: Database): Promise<HardState> {
  const [row] = await database.read('SELECT term, vote, commit_index FROM hard_state');
  assertIntact(row !== undefined, 'the term and vote are missing');
  return {
    term: integerAt(row, 'term'),
    vote: integerAt(row, 'vote'),
    commit: integerAt(row, 'commit_index'),
  };
}

/**
 * What the core starts from: the log after the newest block, and what comes before it by its
 * position alone.
 */
export async function loadLogWindow(
  database: Database,
  suite: Suite,
  applied: { readonly index: number; readonly configuration: Configuration },
): Promise<LogWindow> {
  const { index, configuration } = applied;
  const hardState = await readHardState(database);
  const { before } = await readKept(database);
  const last = Math.max(await lastLogIndex(database), before.index);
  assertIntact(last >= hardState.commit && last >= index, 'committed entries are missing');
  let base: Position = index === before.index ? before : { term: 0, index: 0 };
  const entries: Entry[] = [];
  for await (const row of walkLog(database, { from: Math.max(index, 1), to: last })) {
    const entry = soundEntryOf(suite, row);
    if (entry.index === index) base = { term: entry.term, index };
    else entries.push(entry);
  }
  return new LogWindow({ hardState, configuration, base, entries, before });
}
