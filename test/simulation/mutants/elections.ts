// SPDX-License-Identifier: Apache-2.0
// Known bugs of elections.

import type { Mutant } from './mutant.ts';

export const electionMutants: readonly Mutant[] = [
  {
    name: 'vote-not-written',
    note: 1,
    bug: 'The vote is not part of what makes the hard state new: after a crash it is given again.',
    edits: [
      {
        file: 'sidechain/raft/ready-source.ts',
        find: 'now.term === term && now.vote === vote && now.commit === commit',
        replace: 'now.term === term && now.commit === commit',
      },
    ],
  },
  {
    name: 'vote-before-it-is-durable',
    note: 1,
    bug: 'A vote goes out at once instead of waiting for the write that remembers it.',
    edits: [
      {
        file: 'sidechain/raft/core.ts',
        find: 'if (isBinding(message)) {',
        replace:
          "if (isBinding(message) && (message.kind !== 'vote-response' || message.to === this.id)) {",
      },
    ],
  },
  {
    name: 'two-votes-a-term',
    note: 1,
    bug: 'A vote that was given does not bind: another candidate of the term gets one, too.',
    edits: [
      {
        file: 'sidechain/raft/vote.ts',
        find: '(core.vote === noNode && core.leader === noNode)',
        replace: 'core.leader === noNode',
      },
    ],
  },
  {
    name: 'pre-vote-met-with-silence',
    note: 10,
    bug: 'A pre-vote of a lower term gets no answer, so its sender never learns the term.',
    climate: 'restless-leaders',
    edits: [
      {
        file: 'sidechain/raft/step.ts',
        find: "} else if (message.kind === 'pre-vote') {",
        replace: '} else if (message.term < 0) {',
      },
    ],
  },
  {
    name: 'refused-pre-vote-not-adopted',
    note: 10,
    bug: 'The term in a refused pre-vote is not adopted.',
    climate: 'restless-leaders',
    edits: [
      {
        file: 'sidechain/raft/step.ts',
        find: 'if (!message.granted) becomeFollower(core, message.term, noNode);\n      return undefined;',
        replace: 'return undefined;',
      },
    ],
  },
  {
    name: 'pre-vote-counts-as-vote-given',
    note: 11,
    bug: 'Whoever grants a pre-vote records it as its vote.',
    edits: [
      {
        file: 'sidechain/raft/vote.ts',
        find: 'if (!granted || isPreVote) return;',
        replace: 'if (!granted) return;',
      },
    ],
  },
  {
    name: 'pre-vote-counts-as-vote-got',
    note: 11,
    bug: 'A candidate counts a late answer to its pre-vote as a vote.',
    edits: [
      {
        file: 'sidechain/raft/roles/candidate.ts',
        find: "if (core.role === 'pre-candidate') countVote",
        replace: 'countVote',
      },
    ],
  },
  {
    name: 'old-votes-kept',
    note: 11,
    bug: 'A new pre-vote starts with the answers to the last one.',
    edits: [
      {
        file: 'sidechain/raft/roles/become.ts',
        find: "  core.votes = new Map();\n  core.role = 'pre-candidate';",
        replace: "  core.role = 'pre-candidate';",
      },
    ],
  },
  {
    name: 'transfer-asks-first',
    note: 12,
    bug: 'Whoever is asked to take over goes through a pre-vote, which all who hear the leader refuse.',
    edits: [
      {
        file: 'sidechain/raft/roles/follower.ts',
        find: "campaignIfAllowed(core, 'transfer')",
        replace: "campaignIfAllowed(core, 'pre-election')",
      },
    ],
  },
  {
    name: 'vote-by-length',
    note: 13,
    bug: 'Of two logs the longer one counts as newer, whatever the terms.',
    climate: 'restless-leaders',
    edits: [
      {
        file: 'sidechain/raft/log/raft-log.ts',
        find: 'return their.term > our.term || (their.term === our.term && their.index >= our.index);',
        replace: 'return their.index >= our.index;',
      },
    ],
  },
  {
    name: 'vote-by-term',
    note: 13,
    bug: 'Of two logs that end in the same term the shorter one gets votes, too.',
    edits: [
      {
        file: 'sidechain/raft/log/raft-log.ts',
        find: 'return their.term > our.term || (their.term === our.term && their.index >= our.index);',
        replace: 'return their.term >= our.term;',
      },
    ],
  },
  {
    name: 'vote-for-longer-only',
    note: 13,
    bug: 'A log as long as the own one is not new enough.',
    edits: [
      {
        file: 'sidechain/raft/log/raft-log.ts',
        find: 'their.index >= our.index);',
        replace: 'their.index > our.index);',
      },
    ],
  },
  {
    name: 'learners-do-not-vote',
    note: 14,
    bug: 'One that takes itself for a learner refuses its vote, though it is a voter by now.',
    edits: [
      {
        file: 'sidechain/raft/vote.ts',
        find: 'const granted = isFree && core.log.isUpToDate(message.last)',
        replace:
          'const granted = isFree && core.isPromotable() && core.log.isUpToDate(message.last)',
      },
    ],
  },
  {
    name: 'learners-campaign',
    note: 15,
    bug: 'Members without a vote campaign.',
    edits: [
      {
        file: 'sidechain/raft/core.ts',
        find: 'own !== undefined && !own.isLearner && this.log',
        replace: 'own !== undefined && this.log',
      },
    ],
  },
  {
    name: 'leader-without-quorum-stays',
    note: 16,
    bug: 'A leader that hears no quorum leads on, and whoever hears it elects nobody else.',
    edits: [
      {
        file: 'sidechain/raft/tick.ts',
        find: 'if (core.options.checkQuorum) checkQuorum(core);',
        replace: '',
      },
    ],
  },
  {
    name: 'old-votes-count',
    note: 21,
    bug: 'An answer to a campaign of an earlier term, doubled or late, counts in this one.',
    climate: 'restless-leaders',
    edits: [
      {
        file: 'sidechain/raft/step.ts',
        find: 'if (message.term < core.term) return onLowerTerm(core, message);',
        replace:
          'if (message.term < core.term && !isVoteAnswer) return onLowerTerm(core, message);',
      },
    ],
  },
];
