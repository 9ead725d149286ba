// SPDX-License-Identifier: Apache-2.0
// Followers only synchronise: as many as a chain may have hold all of it, none is asked for a vote or
// waited for, and what they themselves have signed gets into blocks.

import { expect, test } from 'vitest';
import { limits } from '../../../base/limits.ts';
import { Cluster } from './cluster.ts';

const followerCount = limits.membersMax - limits.votersMax;

test(`three that vote and ${followerCount} that follow have the same blocks`, async () => {
  const cluster = await Cluster.start(3 + followerCount, 3);
  expect(followerCount).toBe(32);
  const applied = cluster.submit(3 + followerCount);
  await cluster.settled();
  expect(await applied).toMatchObject({ kind: 'accepted' });
  const note = (await signedBy(cluster)).note.split('\n').filter((line) => line.startsWith('—'));
  // The log's line and a majority of three, however many follow.
  expect(note).toHaveLength(1 + 2);

  // All of them are away, and nothing waits for them.
  cluster.network.isolate(...cluster.members.slice(3).map(({ id }) => id));
  const without = cluster.submit(1);
  await cluster.pass(5);
  expect(await without).toMatchObject({ kind: 'accepted' });
  const terms = cluster.members.slice(0, 3).map(({ node }) => node?.status().term);
  await cluster.pass(20);
  expect(cluster.members.slice(0, 3).map(({ node }) => node?.status().term)).toEqual(terms);
  expect(cluster.members.slice(3).every(({ node }) => node?.isLeader === false)).toBe(true);
  cluster.network.heal();
  await cluster.settled();
  expect(await cluster.audit([1, 2, 4, 3 + followerCount])).toBe(2);
});

async function signedBy(cluster: Cluster) {
  const signed = (cluster.leader ?? cluster.member(1)).node?.checkpoint();
  await cluster.pass(5);
  if (signed === undefined) throw new Error('a leader');
  return signed;
}
