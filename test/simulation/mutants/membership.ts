// SPDX-License-Identifier: Apache-2.0
// Known bugs of changing the members.

import type { Mutant } from './mutant.ts';

export const membershipMutants: readonly Mutant[] = [
  {
    name: 'change-before-own-commit',
    note: 22,
    bug: 'A new leader takes a change while one of its predecessor is in the log.',
    edits: [
      {
        file: 'sidechain/raft/roles/become.ts',
        find: 'core.pendingChangeIndex = core.log.lastIndex();',
        replace: '',
      },
    ],
  },
  {
    name: 'two-changes-at-once',
    note: 22,
    bug: 'A change is taken while another is not applied.',
    edits: [
      {
        file: 'sidechain/raft/propose.ts',
        find: 'if (isSecond || core.pendingChangeIndex > core.log.applied)',
        replace: 'if (isSecond)',
      },
    ],
  },
  {
    name: 'learners-counted',
    note: 23,
    bug: 'Copies of learners count for the commit.',
    edits: [
      {
        file: 'sidechain/raft/replicate.ts',
        find: 'jointCommitted(core.configuration,',
        replace: 'jointCommitted({ voters: [...core.progress.keys()], votersOutgoing: [] },',
      },
    ],
  },
  {
    name: 'campaign-before-change-applied',
    note: 23,
    bug: 'A member campaigns by voters that a committed change has replaced.',
    climate: 'restless-members',
    edits: [
      {
        file: 'sidechain/raft/election.ts',
        find: 'if (hasUnappliedChange(core)) return false;',
        replace: '',
      },
    ],
  },
  {
    name: 'refused-candidate-learns-nothing',
    note: 23,
    bug: 'If the last word of a removal is lost, those who may campaign cannot win, for ever.',
    climate: 'restless-members',
    edits: [
      {
        file: 'sidechain/raft/step.ts',
        find: 'if (isVoteAnswer && !message.granted) learnCommit(core, message.commit);',
        replace: '',
      },
      {
        file: 'sidechain/raft/step.ts',
        find: "import { learnCommit } from './election.ts';\n",
        replace: '',
      },
    ],
  },
  {
    name: 'joint-commit-without-old-majority',
    note: 24,
    bug: 'In a joint configuration the new voters alone commit.',
    edits: [
      {
        file: 'sidechain/raft/quorum/joint.ts',
        find: '    majorityCommitted(quorum.votersOutgoing, acked),\n',
        replace: '',
      },
    ],
  },
  {
    name: 'joint-election-without-old-majority',
    note: 24,
    bug: 'In a joint configuration the new voters alone elect.',
    climate: 'restless-members',
    edits: [
      {
        file: 'sidechain/raft/quorum/joint.ts',
        find: 'const outgoing = majorityVote(quorum.votersOutgoing, votes);',
        replace: 'const outgoing = incoming;',
      },
    ],
  },
  {
    name: 'joint-never-left',
    note: 24,
    bug: 'A new leader does not leave the joint configuration that its predecessor entered.',
    edits: [
      {
        file: 'sidechain/raft/apply.ts',
        find: "if (core.role !== 'leader' || !core.configuration.autoLeave || !isChangeApplied) return;",
        replace: 'if (!isChangeApplied || core.term > 0) return;',
      },
    ],
  },
  {
    name: 'removed-leader-counts-itself',
    note: 25,
    bug: 'A leader that is no voter any more counts its own copy.',
    edits: [
      {
        file: 'sidechain/raft/replicate.ts',
        find: 'jointCommitted(core.configuration,',
        replace:
          'jointCommitted({ ...core.configuration, voters: ' +
          '[...new Set([...core.configuration.voters, core.id])] },',
      },
    ],
  },
];
