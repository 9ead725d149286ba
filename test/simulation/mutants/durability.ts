// SPDX-License-Identifier: Apache-2.0
// Known bugs of the node's loop and its disk: what is written when, what is said and told before,
// and what a start makes of it.

import type { Mutant } from './mutant.ts';

const loop = 'sidechain/loop.ts';
const writeAndSay =
  '    await this.#write([...(held?.statements ?? []), ...statements]);\n' +
  '    for (const { entries, hardState, appendResponses } of written) {\n';
const hardStateAlong = 'statements.push(hardStateStatement(this.#unwrittenState));';

export const durabilityMutants: readonly Mutant[] = [
  {
    name: 'term-after-entries',
    note: 2,
    bug: 'Entries and term are written one after the other instead of in one transaction.',
    world: 'gateways',
    edits: [
      {
        file: loop,
        find: hardStateAlong,
        replace: `this.#write(statements.splice(0)).catch(() => {});\n      ${hardStateAlong}`,
      },
    ],
  },
  {
    name: 'vote-after-term',
    note: 2,
    bug: 'The term is written first and the vote with the next write, which a crash may prevent.',
    world: 'gateways',
    edits: [
      {
        file: loop,
        find: hardStateAlong,
        replace:
          'const state = this.#unwrittenState;\n' +
          '      statements.push(hardStateStatement({ ...state, vote: 0 }));\n' +
          '      queueMicrotask(() => void this.#write([hardStateStatement(state)]));',
      },
    ],
  },
  {
    name: 'leads-before-term-is-written',
    note: 2,
    bug: 'A candidate asks for votes in a term that a crash makes it forget, and lead again.',
    world: 'gateways',
    edits: [
      {
        file: loop,
        find: 'return message.term > storage.initialState().hardState.term;',
        replace: 'return message.term < storage.initialState().hardState.term - message.term;',
      },
    ],
  },
  {
    name: 'write-not-awaited',
    note: 3,
    bug: 'A write is taken for done when it is asked for, as a database does with NORMAL sync.',
    world: 'gateways',
    edits: [
      {
        file: loop,
        find: 'await this.#parts.write(statements);',
        replace: 'void this.#parts.write(statements);',
      },
    ],
  },
  {
    name: 'sent-before-written',
    note: 4,
    bug: 'Answers that bind go out while what they promise is still being written.',
    world: 'gateways',
    edits: [
      {
        file: loop,
        find: writeAndSay,
        replace:
          '    for (const { appendResponses } of written) this.#sendAll(appendResponses);\n' +
          writeAndSay.replace(', appendResponses', '').replace('hardState }', 'hardState }'),
      },
      {
        file: loop,
        find: '      this.#sendAll(appendResponses);\n    }\n    return () => {',
        replace: '    }\n    return () => {',
      },
    ],
  },
  {
    name: 'told-before-written',
    note: 4,
    bug: 'Whoever submitted an entry is told of its block before that is on the disk.',
    world: 'gateways',
    edits: [
      {
        file: loop,
        find: writeAndSay,
        replace: `    held?.finish();\n${writeAndSay}`,
      },
      {
        file: loop,
        find: '      held?.finish();\n      onWritten();',
        replace: '      onWritten();',
      },
    ],
  },
  {
    name: 'signed-before-written',
    note: 4,
    bug: 'A co-signature is given out before it is on the disk.',
    world: 'gateways',
    edits: [
      {
        file: 'sidechain/store/cosigner.ts',
        find: 'await this.#write([cosignedStatement(cosigned)]);',
        replace: 'void this.#write([cosignedStatement(cosigned)]);',
      },
    ],
  },
  {
    name: 'failed-sync-passed-over',
    note: 5,
    bug: 'After a failed sync the process goes on: the next one will say that all is well.',
    world: 'gateways',
    edits: [
      {
        file: 'sidechain/store/durable-write.ts',
        find: 'if (!mayHelp || attempt === limits.storeWriteAttemptsMax) throw error;',
        replace: 'if (!mayHelp || attempt === limits.storeWriteAttemptsMax) return;',
      },
    ],
  },
  {
    name: 'leads-without-disk',
    note: 6,
    bug: 'A leader whose disk does not answer keeps all others from electing another.',
    world: 'gateways',
    edits: [
      {
        file: loop,
        find: 'this.#nowMs - sinceMs > limits.writeStallMsMax',
        replace: 'this.#nowMs < sinceMs',
      },
      // Members that are left out would have it hand over, and hide this for half a minute.
      {
        file: 'sidechain/oversight.ts',
        find: 'if (sinceMs < limits.complainAgainMs) return;',
        replace: 'return;',
      },
    ],
  },
  {
    name: 'wiped-card-promises',
    note: 8,
    bug: 'A member whose card was lost or taken back votes, and acknowledges, as if nothing were.',
    world: 'gateways',
    climate: 'failing-cards',
    edits: [
      { file: 'sidechain/recall.ts', find: '#isClear = false;', replace: '#isClear = true;' },
    ],
  },
  {
    name: 'state-apart-from-height',
    note: 9,
    bug: 'The height of the stored state is written without the state itself.',
    world: 'gateways',
    edits: [
      {
        file: 'sidechain/store/state-table.ts',
        find: 'return [...statements, heightWrite(this.#height)];',
        replace:
          'const isFirst = this.#height === 0;\n' +
          '    return [...(isFirst ? statements : []), heightWrite(this.#height)];',
      },
    ],
  },
  {
    name: 'applied-apart-from-block',
    note: 9,
    bug: 'What leaves the outbox with a block is written apart from it.',
    world: 'gateways',
    edits: [
      {
        file: loop,
        find: writeAndSay,
        replace:
          '    for (const one of [...(held?.statements ?? [])].reverse()) await this.#write([one]);\n' +
          writeAndSay.replace('...(held?.statements ?? []), ', ''),
      },
    ],
  },
  {
    name: 'proposes-before-own-commit',
    note: 17,
    bug: 'A new leader proposes what its predecessor has in the log already.',
    world: 'gateways',
    edits: [
      {
        file: 'sidechain/store/proposer.ts',
        find: "return role === 'leader' && term === this.#appliedTerm;",
        replace: "return role === 'leader' && term > 0;",
      },
    ],
  },
  {
    name: 'new-leader-not-told',
    note: 21,
    // The answer to a gap alone would make good for the rest: all that these worlds submit is numbered.
    bug: 'What one leader has taken is not passed on to the next, even if that one misses it.',
    world: 'gateways',
    edits: [
      {
        file: 'sidechain/relay.ts',
        find: 'if (!isSame || submissions.retryCount !== this.#retryCount) this.#rewind(nowMs);',
        replace: 'if (submissions.retryCount !== this.#retryCount) this.#rewind(nowMs);',
      },
      {
        file: 'sidechain/relay.ts',
        find: 'if (isTaken && nowMs - this.#oldest.sinceMs >= limits.resubmitMs) this.#rewind(nowMs);',
        replace: '',
      },
      {
        file: 'sidechain/relay.ts',
        find: "if (reason === 'gap') this.#taken = 0;",
        replace: '',
      },
    ],
  },
  {
    name: 'nothing-for-who-is-far-behind',
    note: 27,
    bug: 'What a member that was away needs is not read back from the disk.',
    world: 'gateways',
    edits: [
      {
        file: 'sidechain/store/catch-up.ts',
        find: 'if (isAllowed) await this.#read(member, next);',
        replace: '',
      },
    ],
  },
  {
    name: 'commit-index-left-out',
    note: 23,
    bug: 'A commit index that needs no write of its own is not written with later entries either.',
    edits: [
      {
        file: 'test/simulation/member/raft-member.ts',
        find: 'this.#unwritten = mustSync ? undefined : hardState;',
        replace: 'this.#unwritten = undefined;',
      },
    ],
  },
];
