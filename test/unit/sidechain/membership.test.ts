// SPDX-License-Identifier: Apache-2.0
// Members come, vote and go while the chain runs, as its engineer signs it; and what a leader makes
// up is passed over.

import { expect, test } from 'vitest';
import { toKeyId } from '../../../base/ids.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import type { MembershipChange } from '../../../sidechain/chain/membership.ts';
import { encodeChange } from '../../../sidechain/raft/configuration/change.ts';
import type { NodeId } from '../../../sidechain/raft/entry.ts';
import { appendStatements } from '../../../sidechain/store/log-table.ts';
import { Cluster } from './cluster.ts';
import { TestDatabase } from './rig.ts';

type Grant = Extract<MembershipChange, { kind: 'grant' }>;

function grantOf(cluster: Cluster, id: NodeId, changed: Partial<Grant> = {}): Grant {
  const { publicKey } = cluster.member(id).signer;
  const name = `cellar-${id}`;
  const fixed = { role: 'follower', address: null, supersedes: null } as const;
  return { kind: 'grant', publicKey, name, ...fixed, ...changed };
}

const keyIdOf = (cluster: Cluster, id: NodeId) => toKeyId(cluster.member(id).signer.keyId);

/** What Raft makes of each member there ever was, as this one has it. */
function rolesAt(cluster: Cluster, id: NodeId): readonly string[] {
  return cluster
    .node(id)
    .status()
    .membership.members.map(({ raftRole }) => raftRole);
}

async function untilRoles(cluster: Cluster, ...roles: readonly string[]): Promise<void> {
  const isEverywhere = () =>
    cluster.running
      .filter(({ node, signer }) => node?.registry.member(signer.keyId)?.revoked === false)
      .every(({ id }) => rolesAt(cluster, id).join() === roles.join());
  await cluster.until(isEverywhere);
}

/** The chain with one more member that follows and runs. */
async function joined(
  cluster: Cluster,
  via: NodeId,
  changed: Partial<Grant> = {},
): Promise<NodeId> {
  const { id } = await cluster.newcomer();
  const granted = cluster.change(via, grantOf(cluster, id, changed));
  await cluster.settled();
  expect(await granted).toMatchObject({ kind: 'accepted' });
  await cluster.open(id);
  return id;
}

test('three members become four and then five, and all have the same blocks', async () => {
  const cluster = await Cluster.start(3);
  for (const count of [4, 5]) {
    const via = cluster.followers[0]?.id ?? 0;
    const id = await joined(cluster, via);
    expect(id).toBe(count);
    await untilRoles(cluster, ...Array(count - 1).fill('voter'), 'learner');
    const promoted = cluster.change(id, { kind: 'promote', keyId: keyIdOf(cluster, id) });
    await untilRoles(cluster, ...Array(count).fill('voter'));
    expect(await promoted).toMatchObject({ kind: 'accepted' });
    void cluster.submit(id);
    await cluster.settled();
  }
  const signed = cluster.node(5).checkpoint();
  await cluster.pass(5);
  // The log's line and three co-signatures: a majority of five.
  expect((await signed).note.split('\n')).toHaveLength(4 + 1 + 3 + 1);
  expect(await cluster.audit()).toBe(1 + 2 * 3);
});

test('who is to vote and is not there does not vote, nor hold up the others', async () => {
  const cluster = await Cluster.start(3);
  const { id } = await cluster.newcomer();
  void cluster.change(1, grantOf(cluster, id, { role: 'voter' }));
  await untilRoles(cluster, 'voter', 'voter', 'voter', 'learner');
  for (let i = 0; i < 3; i++) {
    void cluster.submit(1);
    await cluster.settled();
  }
  await cluster.pass(30);
  expect(rolesAt(cluster, 1)).toEqual(['voter', 'voter', 'voter', 'learner']);
  await cluster.open(id);
  await untilRoles(cluster, 'voter', 'voter', 'voter', 'voter');
  await cluster.settled();
  expect(await cluster.audit()).toBe(1 + 1 + 3);
});

test('who is revoked signs nothing more, knows by whom, and hears no more', async () => {
  const cluster = await Cluster.start(3);
  const [revoked = 0, other = 0] = cluster.followers.map(({ id }) => id);
  void cluster.change(other, { kind: 'revoke', keyId: keyIdOf(cluster, revoked) });
  const roles = [1, 2, 3].map((id) => (id === revoked ? 'none' : 'voter'));
  await untilRoles(cluster, ...roles);
  const node = cluster.node(revoked);
  await cluster.pass(20);
  const { membership, height } = node.status();
  expect(membership.members[revoked - 1]?.revoked).toEqual({ height: 1, by: 'eve' });
  await expect(cluster.submit(revoked)).rejects.toThrow('revoked at block 1 by eve');
  await expect(node.checkpoint()).rejects.toMatchObject({ code: 'revoked' });
  await expect(node.cosign()).rejects.toMatchObject({ code: 'revoked' });
  void cluster.submit(other);
  await cluster.pass(20);
  expect(cluster.node(other).status().height).toBeGreaterThan(height);
  expect(node.status()).toMatchObject({ height, role: 'follower' });
  expect(node.status().peers.every(({ isConnected }) => !isConnected)).toBe(true);
  const others = [1, 2, 3].filter((id) => id !== revoked);
  expect(await cluster.audit(others)).toBe(1 + 1 + 1);
});

test('a leader that is revoked hands over, and is out', async () => {
  const cluster = await Cluster.start(4);
  const { id: first = 0 } = cluster.leader ?? {};
  void cluster.change(first, { kind: 'revoke', keyId: keyIdOf(cluster, first) });
  await untilRoles(cluster, ...[1, 2, 3, 4].map((id) => (id === first ? 'none' : 'voter')));
  expect(cluster.leader?.id).not.toBe(first);
  const { id: next = 0 } = cluster.leader ?? {};
  const applied = cluster.submit(next);
  await cluster.pass(20);
  expect(await applied).toMatchObject({ kind: 'accepted' });
  const others = [1, 2, 3, 4].filter((id) => id !== first);
  expect(await cluster.audit(others)).toBe(1 + 1 + 1);
});

test('one takes the place of another in one entry', async () => {
  const cluster = await Cluster.start(3);
  await cluster.stop(3);
  const supersedes = keyIdOf(cluster, 3);
  const id = await joined(cluster, 1, { role: 'voter', name: 'cellar-3', supersedes });
  await untilRoles(cluster, 'voter', 'voter', 'none', 'voter');
  void cluster.submit(id);
  await cluster.settled();
  expect(await cluster.audit([1, 2, id])).toBe(1 + 1 + 1);
});

test('all that is under way goes on after a restart of all', async () => {
  const cluster = await Cluster.start(3);
  const id = await joined(cluster, 1, { role: 'voter' });
  for (let i = 0; i < 6; i++) {
    await cluster.pass(i);
    for (const { id: one } of cluster.members) await cluster.stop(one);
    for (const one of [1, 2, 3]) await cluster.open(one);
    await cluster.until(() => cluster.node(1).registry.members.length === 4);
    await cluster.open(id);
  }
  await untilRoles(cluster, 'voter', 'voter', 'voter', 'voter');
  void cluster.submit(id);
  await cluster.settled();
  for (const { id: one } of cluster.members) await cluster.stop(one);
  for (const { id: one } of cluster.members) await cluster.open(one);
  // From the disk, before anything is applied.
  expect(rolesAt(cluster, 2)).toEqual(['voter', 'voter', 'voter', 'voter']);
  await cluster.settled();
  expect(await cluster.audit()).toBe(1 + 1 + 1);
});

test.each([
  ['the removal of a member', { operation: 'remove', member: 2 }],
  ['a vote for a stranger', { operation: 'add-voter', member: 9 }],
  ['the demotion of a voter', { operation: 'add-learner', member: 2 }],
] as const)('%s that the ledger does not ask for is passed over by all', async (_, step) => {
  const cluster = await Cluster.start(3);
  void cluster.submit(1);
  await cluster.settled();
  const { term } = cluster.node(1).status();
  for (const { id } of cluster.members) await cluster.stop(id);
  const data = encodeChange({ transition: 'auto', changes: [step], context: new Uint8Array() });
  for (const { dataDir } of cluster.members) {
    const database = new TestDatabase(dataDir);
    const [row] = await database.read('SELECT max(idx) AS last FROM log');
    const index = Number(row?.last) + 1;
    await database.write(appendStatements(suite, [{ index, term, kind: 'config', data }]));
    await database.close();
  }
  for (const { id } of cluster.members) await cluster.open(id);
  void cluster.submit(2);
  await cluster.settled();
  for (const { id } of cluster.members) {
    expect(rolesAt(cluster, id)).toEqual(['voter', 'voter', 'voter']);
    const [refusal] = cluster.node(id).status().refusals;
    expect(refusal).toMatchObject({ reason: 'unwarranted-members', count: 1 });
  }
  expect(await cluster.audit()).toBe(1 + 2);
});

test('a gateway that nobody granted does not start', async () => {
  const cluster = await Cluster.start(3);
  const { id } = await cluster.newcomer();
  await expect(cluster.open(id)).rejects.toMatchObject({ code: 'not-a-member' });
});
