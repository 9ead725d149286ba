// SPDX-License-Identifier: Apache-2.0
// Known bugs of reads.

import type { Mutant } from './mutant.ts';

export const readMutants: readonly Mutant[] = [
  {
    name: 'read-before-own-commit',
    note: 30,
    bug: 'A new leader answers reads before it knows what its predecessors committed.',
    edits: [
      {
        file: 'sidechain/raft/read-index.ts',
        find: 'if (!core.hasCommittedInTerm()) {\n    core.pendingReads',
        replace: 'if (core.term < 0) {\n    core.pendingReads',
      },
    ],
  },
  {
    name: 'read-by-earlier-round',
    note: 30,
    bug: 'An answer to a heartbeat from before the read confirms it.',
    climate: 'restless-leaders',
    edits: [
      {
        file: 'sidechain/raft/roles/leader.ts',
        find: 'if (message.readRound > 0) answerConfirmedReads(core, message.from, message.readRound);',
        replace: 'answerConfirmedReads(core, message.from, core.reads.round());',
      },
    ],
  },
  {
    name: 'read-by-lease',
    note: 31,
    bug: 'A leader answers reads by itself, trusting that nobody else leads meanwhile.',
    edits: [
      {
        file: 'sidechain/raft/read-index.ts',
        find: 'for (const { request, index } of core.reads.takeConfirmed(core.configuration)) {',
        replace:
          'for (const id of core.progress.keys()) core.reads.acknowledge(id, core.reads.round());\n' +
          '  for (const { request, index } of core.reads.takeConfirmed(core.configuration)) {',
      },
    ],
  },
];
