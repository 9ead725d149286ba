// SPDX-License-Identifier: Apache-2.0
// How the only voter of a chain changes its key. Raft lets the old id go once the new one has caught up
// and votes; with several voters the others see to that. Here both ids are this one disk, which holds all
// that either has to hold: so the steps are written into the log as committed, in a term of their own, and
// are applied, judged and handed on to followers like any other.

import type { Suite } from '../../base/suite.ts';
import type { Database, Statement } from '../../host/sqlite.ts';
import { type ChangeOperation, encodeChange } from '../raft/configuration/change.ts';
import type { Configuration } from '../raft/configuration/configuration.ts';
import type { Entry, NodeId } from '../raft/entry.ts';
import { readKept } from './archive-table.ts';
import { appendStatements, lastLogIndex } from './log-table.ts';
import { hardStateStatement, readHardState } from './raft-state.ts';

/** Nothing where others vote, too. */
export async function soleVoterStatements(given: {
  readonly database: Database;
  readonly suite: Suite;
  readonly configuration: Configuration;
  readonly from: NodeId;
  readonly to: NodeId;
}): Promise<readonly Statement[]> {
  const { database, suite, configuration, from, to } = given;
  const { voters, learners } = configuration;
  if (voters.length !== 1 || voters[0] !== from) return [];
  const learning = learners.includes(to) ? [] : (['add-learner'] as const);
  const steps: readonly (readonly [ChangeOperation, NodeId])[] = [
    ...learning.map((operation) => [operation, to] as const),
    ['add-voter', to],
    ['remove', from],
  ];
  const { before } = await readKept(database);
  const last = Math.max(await lastLogIndex(database), before.index);
  const term = (await readHardState(database)).term + 1;
  const entries = steps.map(([operation, member], i): Entry => {
    const changes = [{ operation, member }];
    const data = encodeChange({ transition: 'auto', changes, context: new Uint8Array() });
    return { index: last + 1 + i, term, kind: 'config', data };
  });
  const commit = last + entries.length;
  return [...appendStatements(suite, entries), hardStateStatement({ term, vote: from, commit })];
}
