// SPDX-License-Identifier: Apache-2.0
// The quorum against its slow twin, over sets of voters that overlap, are equal, or are empty.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jointCommitted, jointVote } from '../../../sidechain/raft/quorum/joint.ts';
import { majorityCommitted, majorityVote } from '../../../sidechain/raft/quorum/majority.ts';
import { countByQuorum, voteByTrial } from './slow-quorum.ts';

const seeded = { seed: 20_260_820, numRuns: 2_000 };
const ids = fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 7 });
const acked = fc.dictionary(
  fc.integer({ min: 1, max: 9 }).map(String),
  fc.integer({ min: 0, max: 12 }),
);
const votes = fc.dictionary(fc.integer({ min: 1, max: 9 }).map(String), fc.boolean());

test('the committed index is the highest that a majority has, by counting', () => {
  fc.assert(
    fc.property(ids, acked, (voters, known) => {
      const index = (id: number) => known[id];
      expect(majorityCommitted(voters, index)).toBe(countByQuorum(voters, index));
    }),
    seeded,
  );
});

test('a joint committed index is held by a majority of both sets', () => {
  fc.assert(
    fc.property(ids, ids, acked, (voters, votersOutgoing, known) => {
      const index = (id: number) => known[id];
      const halves = [countByQuorum(voters, index), countByQuorum(votersOutgoing, index)];
      expect(jointCommitted({ voters, votersOutgoing }, index)).toBe(Math.min(...halves));
    }),
    seeded,
  );
});

test('a vote is decided when the missing votes cannot change it, by trying all of them', () => {
  fc.assert(
    fc.property(ids, ids, votes, (voters, votersOutgoing, given) => {
      const known = new Map(Object.entries(given).map(([id, granted]) => [Number(id), granted]));
      const result = jointVote({ voters, votersOutgoing }, known);
      const simple = majorityVote(voters, known);
      expect(simple).toBe(voteByTrial({ voters, votersOutgoing: [] }, known));
      const byTrial = voteByTrial({ voters, votersOutgoing }, known);
      // Where each half may still be lost alone, both may be certain not to be won together: that
      // is not seen.
      if (result === 'pending') expect(byTrial).not.toBe('won');
      else expect(result).toBe(byTrial);
    }),
    { ...seeded, numRuns: 500 },
  );
});

test('two majorities of one set always share a voter', () => {
  fc.assert(
    fc.property(ids, votes, (voters, given) => {
      fc.pre(voters.length > 0);
      const known = new Map(voters.map((id) => [id, given[id] ?? false]));
      const opposite = new Map(voters.map((id) => [id, !(given[id] ?? false)]));
      const both = [majorityVote(voters, known), majorityVote(voters, opposite)];
      expect(both).not.toEqual(['won', 'won']);
    }),
    seeded,
  );
});
