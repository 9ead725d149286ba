// SPDX-License-Identifier: Apache-2.0
// Known bugs of replication and commit.

import type { Mutant } from './mutant.ts';

export const replicationMutants: readonly Mutant[] = [
  {
    name: 'acknowledged-before-durable',
    note: 4,
    bug: 'A follower acknowledges entries that it has not written yet.',
    edits: [
      {
        file: 'sidechain/raft/core.ts',
        find: 'if (isBinding(message)) {',
        replace:
          "if (isBinding(message) && (message.kind !== 'append-response' || message.to === this.id)) {",
      },
    ],
  },
  {
    name: 'leader-counts-itself-at-once',
    note: 4,
    bug: 'A leader counts its own copy before it is written.',
    edits: [
      {
        file: 'sidechain/raft/propose.ts',
        find: '  const index = core.log.lastIndex();\n  core.send({',
        replace:
          '  const index = core.log.lastIndex();\n' +
          '  core.progress.get(core.id)?.acknowledge(index);\n' +
          '  commitByQuorum(core);\n  core.send({',
      },
      {
        file: 'sidechain/raft/propose.ts',
        find: 'import { broadcastAppend }',
        replace: 'import { broadcastAppend, commitByQuorum }',
      },
    ],
  },
  {
    name: 'older-write-credited',
    note: 4,
    bug: 'The end of an older write is taken for that of what has since come in its place.',
    edits: [
      {
        file: 'sidechain/raft/step.ts',
        find: 'if (message.term < core.term) {\n    if (message.snapshot',
        replace: 'if (message.term < 0) {\n    if (message.snapshot',
      },
      {
        file: 'sidechain/raft/log/unstable-log.ts',
        find: 'if (last.index < this.offset || this.term(last.index) !== last.term) return;',
        replace: 'if (last.index < this.offset || this.term(last.index) === undefined) return;',
      },
    ],
  },
  {
    name: 'commits-older-terms',
    note: 17,
    bug: 'Entries of earlier terms are committed by counting copies.',
    climate: 'restless-leaders',
    edits: [
      {
        file: 'sidechain/raft/replicate.ts',
        find: 'if (index <= core.log.committed || core.log.term(index) !== core.term) return false;',
        replace: 'if (index <= core.log.committed) return false;',
      },
    ],
  },
  {
    name: 'term-not-opened',
    note: 17,
    bug: 'A new leader waits for a proposal before it commits anything.',
    edits: [
      {
        file: 'sidechain/raft/election.ts',
        find: "const opened = appendAsLeader(core, [{ kind: 'normal', data: new Uint8Array() }]);",
        replace: 'const opened = 0;',
      },
      {
        file: 'sidechain/raft/election.ts',
        find: "import { appendAsLeader } from './propose.ts';\n",
        replace: '',
      },
    ],
  },
  {
    name: 'commits-what-was-sent',
    note: 18,
    bug: 'The leader counts what it sent, not what was acknowledged.',
    edits: [
      {
        file: 'sidechain/raft/replicate.ts',
        find: '(id) => core.progress.get(id)?.match);',
        replace: '(id) => (core.progress.get(id)?.next ?? 1) - 1);',
      },
    ],
  },
  {
    name: 'half-is-a-majority',
    note: 18,
    bug: 'The place of the majority among the sorted indexes is one too high in even groups.',
    edits: [
      {
        file: 'sidechain/raft/quorum/majority.ts',
        find: 'ascending[voters.length - majoritySize(voters)]',
        replace: 'ascending[Math.floor(voters.length / 2)]',
      },
    ],
  },
  {
    name: 'heartbeat-commits-anything',
    note: 18,
    bug: 'A heartbeat carries the commit index to members that may have other entries there.',
    edits: [
      {
        file: 'sidechain/raft/replicate.ts',
        find: 'const commit = Math.min(progress.match, core.log.committed);',
        replace: 'const commit = core.log.committed;',
      },
      {
        file: 'sidechain/raft/follow.ts',
        find: 'core.log.commitTo(message.commit);',
        replace: 'core.log.commitTo(Math.min(message.commit, core.log.lastIndex()));',
      },
    ],
  },
  {
    name: 'truncates-without-conflict',
    note: 19,
    bug: 'An old, short append cuts off what was acknowledged after it.',
    edits: [
      {
        file: 'sidechain/raft/log/raft-log.ts',
        find: 'const news = entries.findIndex((entry) => !this.matches(entry));',
        replace: 'const news = previous.index >= this.committed ? 0 : -1;',
      },
    ],
  },
  {
    name: 'acknowledgement-of-earlier-membership',
    note: 20,
    bug: 'A late acknowledgement of one who was removed counts for who was added under the same id.',
    climate: 'returning-members',
    edits: [
      {
        file: 'sidechain/raft/roles/leader.ts',
        find: 'if (message.session !== progress.session) return;',
        replace: '',
      },
    ],
  },
  {
    name: 'old-leader-heard',
    note: 21,
    bug: 'An append of a leader of an earlier term, doubled or late, is taken.',
    edits: [
      {
        file: 'sidechain/raft/step.ts',
        find: 'if (message.term < core.term) return onLowerTerm(core, message);',
        replace:
          "if (message.term < core.term && message.kind !== 'append') return onLowerTerm(core, message);",
      },
    ],
  },
];
