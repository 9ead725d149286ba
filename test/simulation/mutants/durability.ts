// SPDX-License-Identifier: Apache-2.0
// Known bugs of whoever drives the core: what is written when, and what a start makes of it.

import type { Mutant } from './mutant.ts';

const member = 'test/simulation/member/raft-member.ts';

export const durabilityMutants: readonly Mutant[] = [
  {
    name: 'term-after-entries',
    note: 2,
    bug: 'Entries and term are written one after the other instead of in one transaction.',
    edits: [
      {
        file: member,
        find: "if (mustSync) this.#write({ kind: 'log', hardState, snapshot, entries }, written);",
        replace:
          'if (mustSync) {\n' +
          "      this.#write({ kind: 'log', hardState: undefined, snapshot, entries }, () => {});\n" +
          "      this.#write({ kind: 'log', hardState, snapshot: undefined, entries: [] }, written);\n" +
          '    }',
      },
    ],
  },
  {
    name: 'vote-forgotten-in-between',
    note: 2,
    bug: 'The term is written first and the vote with the next write, which a crash may prevent.',
    edits: [
      {
        file: member,
        find: "if (mustSync) this.#write({ kind: 'log', hardState, snapshot, entries }, written);",
        replace:
          'if (mustSync) {\n' +
          '      const term = hardState === undefined ? undefined : { ...hardState, vote: 0 };\n' +
          "      this.#write({ kind: 'log', hardState: term, snapshot, entries }, written);\n" +
          "      this.#write({ kind: 'log', hardState, snapshot: undefined, entries: [] }, () => {});\n" +
          '    }',
      },
    ],
  },
  {
    name: 'not-synced',
    note: 3,
    bug: 'Writes are reported as done without a sync, as with `synchronous=NORMAL`.',
    edits: [
      {
        file: member,
        find: "      else this.#ports.end('a write failed');\n    });",
        replace: "      else this.#ports.end('a write failed');\n    }, false);",
      },
    ],
  },
  {
    name: 'sent-before-written',
    note: 4,
    bug: 'Messages go out while what they promise is still being written.',
    edits: [
      {
        file: member,
        find:
          '    this.#persist(ready, () => {\n' +
          '      for (const message of ready.messages) this.#send(message);\n',
        replace:
          '    for (const message of ready.messages) this.#send(message);\n' +
          '    this.#persist(ready, () => {\n',
      },
    ],
  },
  {
    name: 'failed-sync-retried',
    note: 5,
    bug: 'After a failed sync the process goes on: the next one will say that all is well.',
    edits: [
      {
        file: member,
        find: "if (outcome === 'durable') done();\n      else this.#ports.end('a write failed');",
        replace: 'done();',
      },
    ],
  },
  {
    name: 'leads-without-disk',
    note: 6,
    bug: 'A leader whose disk does not answer keeps all others from electing another.',
    edits: [
      {
        file: member,
        find: '(this.#writeTicks[0]?.count ?? 0) > this.#settings.writeTicksMax',
        replace: '(this.#writeTicks[0]?.count ?? 0) < 0',
      },
    ],
  },
  {
    name: 'truncates-at-damage',
    note: 7,
    bug: 'A damaged record is taken for a torn one: all behind it is cut off.',
    edits: [
      {
        file: 'test/simulation/member/journal.ts',
        find: "if (!isLast) return { kind: 'damaged' };",
        replace: 'if (isLast) break;',
      },
    ],
  },
  {
    name: 'commit-index-left-out',
    note: 23,
    bug: 'A commit index that needs no write of its own is not written with later entries either.',
    climate: 'restless-members',
    edits: [
      {
        file: member,
        find: 'this.#unwritten = mustSync ? undefined : hardState;',
        replace: 'this.#unwritten = undefined;',
      },
    ],
  },
  {
    name: 'applied-index-apart',
    note: 9,
    bug: 'How far the state goes is not kept with the state: after a crash entries are applied again.',
    edits: [
      {
        file: member,
        find: 'const applied = image.applied.ledger.index;',
        replace: 'const applied = Math.max(image.applied.ledger.index - 1, image.log.base.index);',
      },
    ],
  },
];
