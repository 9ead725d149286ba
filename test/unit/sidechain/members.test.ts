// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { Cluster, seeded } from './cluster.ts';

test.each([3, 5, 7])('%d members elect a leader, and take the entries of all', async (count) => {
  const cluster = await Cluster.start(count);
  const applied = cluster.members.map(({ id }) => cluster.submit(id));
  await cluster.settled();
  await cluster.pass(20);
  expect((await Promise.all(applied)).map(({ kind }) => kind)).toEqual(
    Array(count).fill('accepted'),
  );
  for (const { node } of cluster.members) {
    expect(node?.status()).toMatchObject({ mayPromise: true, evidenceCount: 0 });
    expect(node?.leader).toEqual(cluster.leader?.signer.keyId);
  }
  const match = cluster.leader?.node?.status().peers.map((peer) => peer.match);
  const { height } = cluster.node(1).status();
  // Each block is an entry, and a leader begins its term with an empty one.
  expect(match).toEqual(Array(count - 1).fill(height + 1));
  const seen = { isConnected: true, height, differs: false };
  expect(cluster.node(1).status().peers).toMatchObject(Array(count - 1).fill(seen));
  expect(await cluster.audit()).toBe(1 + count);
});

test('the leader is killed, another leads, and nothing is lost or doubled', async () => {
  const cluster = await Cluster.start(3);
  const { id: first = 0 } = cluster.leader ?? {};
  for (const { id } of cluster.members) void cluster.submit(id);
  await cluster.settled();
  const waiting = cluster.followers.map(({ id }) => cluster.submit(id));
  await cluster.stop(first);
  await cluster.settled();
  expect((await Promise.all(waiting)).map(({ kind }) => kind)).toEqual(['accepted', 'accepted']);
  await cluster.open(first);
  const late = cluster.submit(first);
  await cluster.settled();
  expect(await late).toMatchObject({ kind: 'accepted' });
  expect(await cluster.audit()).toBe(1 + 3 + 2 + 1);
});

test('a member far behind is brought up from the disk of a leader that keeps nothing', async () => {
  const cluster = await Cluster.start(3);
  await cluster.stop(3);
  for (let i = 0; i < 20; i++) {
    void cluster.submit(1);
    void cluster.submit(2);
    await cluster.settled();
  }
  // Started anew, a member has in memory only what it has not applied.
  await cluster.stop(1);
  await cluster.stop(2);
  for (const id of [1, 2, 3]) await cluster.open(id);
  await cluster.settled();
  expect(cluster.node(3).status().height).toBeGreaterThanOrEqual(20);
  expect(await cluster.audit()).toBe(1 + 40);
});

test('a leader cut off from the others leads no more, and its entries come later', async () => {
  const cluster = await Cluster.start(3);
  const { id: old = 0 } = cluster.leader ?? {};
  cluster.network.isolate(old);
  const alone = cluster.submit(old);
  await cluster.until(() => cluster.running.some(({ id, node }) => id !== old && node?.isLeader));
  await cluster.until(() => !cluster.node(old).isLeader);
  const [other] = cluster.members.filter(({ id }) => id !== old);
  void cluster.submit(other?.id ?? 0);
  await cluster.pass(10);
  expect(cluster.node(old).status()).toMatchObject({ outbox: { count: 1 } });
  cluster.network.heal();
  await cluster.settled();
  expect(await alone).toMatchObject({ kind: 'accepted' });
  expect(await cluster.audit()).toBe(3);
});

test('one member of three holds nothing up; two do, and only until one is back', async () => {
  const cluster = await Cluster.start(3);
  const [one, two] = cluster.followers.map(({ id }) => id);
  await cluster.stop(one ?? 0);
  void cluster.submit(two ?? 0);
  await cluster.settled();
  const { id: leader = 0 } = cluster.leader ?? {};
  await cluster.stop(two ?? 0);
  const waiting = cluster.submit(leader);
  await cluster.pass(50);
  expect(cluster.node(leader).status()).toMatchObject({ role: 'pre-candidate', height: 1 });
  await cluster.open(one ?? 0);
  await cluster.settled();
  expect(await waiting).toMatchObject({ kind: 'accepted' });
});

test.each([1, 2, 3])(
  'messages get lost and late, seed %d: all entries once, alike',
  async (seed) => {
    const cluster = await Cluster.start(3);
    const random = seeded(seed);
    cluster.network.loses = () => random() < 0.2;
    cluster.network.keeps = () => random() < 0.2;
    const count = 12;
    for (let i = 0; i < count; i++) {
      for (const { id } of cluster.members) void cluster.submit(id);
      await cluster.pass(2);
      if (i % 3 === 0) cluster.network.release();
      if (i === 4) cluster.network.isolate(cluster.leader?.id ?? 1);
      if (i === 8) cluster.network.heal();
    }
    cluster.network.loses = () => false;
    cluster.network.keeps = () => false;
    cluster.network.release();
    await cluster.settled();
    expect(await cluster.audit()).toBe(1 + 3 * count);
  },
);

test('a disk of the leader that stalls for seconds causes no election', async () => {
  const cluster = await Cluster.start(3);
  const { id: leader = 0, database, node } = cluster.leader ?? {};
  const term = node?.status().term;
  const release = database?.hold((database?.writeCount ?? 0) + 1);
  const waiting = cluster.submit(leader);
  const [other = 0] = cluster.followers.map(({ id }) => id);
  const theirs = cluster.submit(other);
  await cluster.pass(50);
  expect(cluster.node(leader).status()).toMatchObject({ role: 'leader', term });
  // What it cannot write it has not acknowledged, but the others have a majority without it.
  expect(await theirs).toMatchObject({ kind: 'accepted' });
  expect(cluster.node(leader).status().height).toBe(0);
  release?.();
  await cluster.settled();
  expect(await waiting).toMatchObject({ kind: 'accepted' });
  expect(cluster.node(leader).status().term).toBe(term);
});

test('a disk that stalls for longer makes its member fall silent, and another leads', async () => {
  const cluster = await Cluster.start(3);
  const { id: leader = 0, database } = cluster.leader ?? {};
  const release = database?.hold((database?.writeCount ?? 0) + 1);
  const waiting = cluster.submit(leader);
  await cluster.until(() =>
    cluster.running.some(({ id, node }) => id !== leader && node?.isLeader),
  );
  release?.();
  await cluster.settled();
  expect(await waiting).toMatchObject({ kind: 'accepted' });
  expect(await cluster.audit()).toBe(2);
});

test('a leader whose disk is all but full falls silent before a write fails, and comes back', async () => {
  const cluster = await Cluster.start(3);
  const leader = cluster.leader;
  if (leader === undefined) throw new Error('a leader');
  const { id, node, database } = leader;
  await cluster.settled();
  leader.hasRoom = false;
  const { writeCount } = database ?? {};
  await cluster.until(() => cluster.running.some((one) => one.id !== id && one.node?.isLeader));
  await expect(cluster.submit(id)).rejects.toMatchObject({ code: 'outbox-full' });
  const other = cluster.followers.find((one) => one.id !== id)?.id ?? 0;
  const applied = cluster.submit(other);
  await cluster.pass(20);
  expect(await applied).toMatchObject({ kind: 'accepted' });
  // It has acknowledged nothing, for it has taken nothing in.
  expect(database?.writeCount).toBe(writeCount);
  expect(node?.status()).toMatchObject({ height: 0, hasRoom: false });
  leader.hasRoom = true;
  await cluster.settled();
  expect(await cluster.audit()).toBe(2);
});

test('a member that stood still misses nobody who spoke meanwhile', async () => {
  const cluster = await Cluster.start(3);
  await cluster.settled();
  const { term } = cluster.node(1).status();
  const follower = cluster.followers[0];
  if (follower === undefined) throw new Error('a follower');
  for (let i = 0; i < 5; i++) {
    // Its process stands still for three seconds, and then does all that has become due at once.
    const { clock } = follower;
    const advance = clock.advance.bind(clock);
    clock.advance = () => {};
    await cluster.pass(30);
    clock.advance = advance;
    for (let tick = 0; tick < 60; tick++) advance(50);
    await cluster.pass(1);
  }
  expect(cluster.running.map(({ node }) => node?.status().term)).toEqual([term, term, term]);
});
