// SPDX-License-Identifier: Apache-2.0
// Followers, learners to Raft, only synchronise: as many as a chain may have get the whole log, none counts,
// and none is waited for.

import { expect, test } from 'vitest';
import { limits } from '../../../base/limits.ts';
import { electedGroup, propose, settle } from './new-group.ts';

const learners = limits.membersMax - limits.votersMax;

test(`three that vote and ${learners} that follow have the same log`, () => {
  expect(learners).toBe(32);
  const group = electedGroup({ voters: 3, learners });
  propose(group, 1, 'to all');
  settle(group);
  const commits = group.members.map(({ node }) => node.status().commit);
  expect(commits).toEqual(group.members.map(() => 3));
  expect(group.messages).toEqual([]);

  // None of them is there, and one of those that vote: nothing waits for them.
  propose(group, 1, 'to whoever is there');
  group.stabilize([1, 2]);
  expect(group.member(1).node.status().commit).toBe(4);

  // All of them are there, and only one of those that vote: they are no majority.
  group.messages = [];
  propose(group, 1, 'to nobody that counts');
  group.stabilize([1, ...group.members.map((_, i) => i + 1).slice(3)]);
  expect(group.member(1).node.status().commit).toBe(4);
});
