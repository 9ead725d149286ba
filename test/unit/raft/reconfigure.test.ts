// SPDX-License-Identifier: Apache-2.0
// Changing configurations, by properties: one way or the other leads to the same, what was reached
// can be stored and restored, and any two configurations in a row have majorities that meet.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MemberChange } from '../../../sidechain/raft/configuration/change.ts';
import {
  type Configuration,
  emptyConfiguration,
  flawOfConfiguration,
} from '../../../sidechain/raft/configuration/configuration.ts';
import type { CreateProgress } from '../../../sidechain/raft/configuration/draft.ts';
import type { Members } from '../../../sidechain/raft/configuration/members.ts';
import {
  changeSimply,
  enterJoint,
  leaveJoint,
} from '../../../sidechain/raft/configuration/reconfigure.ts';
import { restoreMembers } from '../../../sidechain/raft/configuration/restore.ts';
import { Inflights } from '../../../sidechain/raft/progress/inflights.ts';
import { Progress } from '../../../sidechain/raft/progress/progress.ts';
import { jointVote } from '../../../sidechain/raft/quorum/joint.ts';

const seeded = { seed: 20_260_820, numRuns: 1_000 };

const createProgress: CreateProgress = ({ isLearner }) =>
  new Progress({
    next: 1,
    isLearner,
    session: 1,
    inflights: new Inflights({ messagesMax: 1, bytesMax: 1 }),
  });

const change: fc.Arbitrary<MemberChange> = fc.record({
  operation: fc.constantFrom('add-voter' as const, 'remove' as const, 'add-learner' as const),
  member: fc.integer({ min: 1, max: 5 }),
});

/** Reached from one voter by simple changes; those that are refused leave it as it was. */
const reachable = fc.array(change, { maxLength: 10 }).map((changes) => {
  const first = { ...emptyConfiguration, voters: [1] };
  return changes.reduce<Members>(
    (members, one) => {
      const next = changeSimply(members, [one], createProgress);
      return next.ok ? next.value : members;
    },
    restoreMembers(first, createProgress),
  );
});

function stateOf({ configuration, progress }: Members): object {
  return { configuration, learners: [...progress].map(([id, one]) => [id, one.isLearner]) };
}

test('through a joint configuration or directly, the same is reached', () => {
  fc.assert(
    fc.property(reachable, change, (members, one) => {
      const direct = changeSimply(members, [one], createProgress);
      const entered = enterJoint(members, { changes: [one], autoLeave: true }, createProgress);
      expect(entered.ok).toBe(direct.ok);
      if (!direct.ok || !entered.ok) return;
      const left = leaveJoint(entered.value, createProgress);
      expect(left.ok && stateOf(left.value)).toEqual(stateOf(direct.value));
    }),
    seeded,
  );
});

test('what is reached is sound, and restored as it was stored', () => {
  fc.assert(
    fc.property(reachable, fc.array(change, { maxLength: 4 }), (members, changes) => {
      const entered = enterJoint(members, { changes, autoLeave: false }, createProgress);
      for (const one of [members, ...(entered.ok ? [entered.value] : [])]) {
        expect(flawOfConfiguration(one.configuration)).toBeUndefined();
        expect(stateOf(restoreMembers(one.configuration, createProgress))).toEqual(stateOf(one));
      }
    }),
    seeded,
  );
});

test('a refused change, and one that is taken, leave the members before as they were', () => {
  fc.assert(
    fc.property(reachable, fc.array(change, { maxLength: 4 }), (members, changes) => {
      const before = structuredClone(stateOf(members));
      changeSimply(members, changes, createProgress);
      enterJoint(members, { changes, autoLeave: false }, createProgress);
      expect(stateOf(members)).toEqual(before);
    }),
    seeded,
  );
});

test('no two majorities of configurations in a row can decide without each other', () => {
  const isDecided = (configuration: Configuration, ids: readonly number[]): boolean =>
    jointVote(configuration, new Map([1, 2, 3, 4, 5].map((id) => [id, ids.includes(id)]))) ===
    'won';
  const some = fc.subarray([1, 2, 3, 4, 5]);
  fc.assert(
    fc.property(reachable, fc.array(change, { maxLength: 4 }), some, (members, changes, ids) => {
      const others = [1, 2, 3, 4, 5].filter((id) => !ids.includes(id));
      const entered = enterJoint(members, { changes, autoLeave: false }, createProgress);
      const left = entered.ok ? leaveJoint(entered.value, createProgress) : entered;
      const direct = changeSimply(members, changes, createProgress);
      const steps: (readonly [Members, Members])[] = [];
      if (direct.ok) steps.push([members, direct.value]);
      if (entered.ok) steps.push([members, entered.value]);
      if (entered.ok && left.ok) steps.push([entered.value, left.value]);
      for (const [before, after] of steps) {
        const bothDecide =
          isDecided(before.configuration, ids) && isDecided(after.configuration, others);
        expect(bothDecide).toBe(false);
      }
    }),
    seeded,
  );
});
