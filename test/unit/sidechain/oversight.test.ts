// SPDX-License-Identifier: Apache-2.0
// Leaders that lie or leave others out, played by hand, and leaders that are asked to go: what the
// honest members do about them, and what they do not let themselves be brought to.

import { expect, test } from 'vitest';
import { formatCheckpoint } from '../../../base/checkpoint.ts';
import { cosign } from '../../../base/cosignature.ts';
import { keyIdOf } from '../../../base/ids.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { type BlockEntry, encodeBlock } from '../../../sidechain/chain/block.ts';
import { signMembership } from '../../../sidechain/chain/membership.ts';
import { chainOrigin, cosignerName } from '../../../sidechain/chain/names.ts';
import { ofChannel, toChannel } from '../../../sidechain/member-message.ts';
import { engineer, startMs } from '../chain/fixture.ts';
import { Cluster } from './cluster.ts';
import { Liar } from './liar.ts';
import { eagerRules } from './rig.ts';

function kindsTold(liar: Liar): readonly string[] {
  return liar.told().map((message) => {
    const said = ofChannel(message);
    return said.ok ? said.value.kind : said.code;
  });
}

/** Asks for a co-signature under the checkpoint that all have. */
async function askForCosignature(cluster: Cluster, liar: Liar): Promise<void> {
  const { node } = cluster.member(1);
  if (node === undefined) throw new Error('member 1 runs');
  const size = node.durableSize;
  const root = await node.askHistory({ sizes: [size] }, (tree) => tree.root(size));
  const { signer } = cluster.member(liar.id);
  const body = formatCheckpoint({ origin: chainOrigin(cluster.chainId), size, root });
  const name = cosignerName(cluster.chainId, signer.keyId);
  const { signature } = cosign(suite, name, body, 1, signer);
  for (const to of liar.others) liar.say(to, { kind: 'cosign', size, root, signature });
}

test('a leader that lies gets no co-signature, is asked to go, and is followed no more', async () => {
  const cluster = await Cluster.start(3);
  const waiting = cluster.batch(1);
  const liar = await Liar.elected(cluster, 3);
  await askForCosignature(cluster, liar);
  await liar.lead(3);
  expect(kindsTold(liar)).toContain('cosigned');
  liar.append([Uint8Array.of(0xff)]);
  await liar.lead(2);
  expect(kindsTold(liar).filter((kind) => kind === 'yield')).toHaveLength(2);
  liar.heard.length = 0;
  await askForCosignature(cluster, liar);
  await liar.lead(40);
  expect(kindsTold(liar)).not.toContain('cosigned');
  expect(cluster.node(1).status()).toMatchObject({
    term: liar.term,
    oversight: { suspended: ['cellar-3'], yieldsAsked: 1, leadersShunned: 0 },
  });
  // It does not hand over, and lets itself be heard all the while.
  const applied = cluster.node(1).submit(waiting);
  for (let i = 0; i < 80 && cluster.leader === undefined; i++) await liar.lead(1);
  expect(cluster.leader?.node?.status().term).toBeGreaterThan(liar.term);
  await cluster.settled();
  expect(await applied).toMatchObject({ kind: 'accepted' });
  expect(cluster.node(1).status().oversight.leadersShunned).toBe(1);
  expect(cluster.member(1).lines.join('')).toContain('leader-shunned');
  await cluster.audit([1, 2]);
});

test('who is left out passes its entries to all; they see it, and vote the leader out', async () => {
  const cluster = await Cluster.start(3);
  const waiting = cluster.batch(1);
  const liar = await Liar.elected(cluster, 3);
  const applied = cluster.node(1).submit(waiting);
  await liar.lead(90);
  expect(kindsTold(liar)).toContain('submit');
  expect(cluster.node(1).status().leftOutMs).toBeUndefined();
  await liar.lead(25);
  expect(cluster.node(1).status().leftOutMs).toBeGreaterThan(10_000);
  expect(cluster.node(2).status().carried).toEqual(['cellar-1']);
  expect(kindsTold(liar)).not.toContain('yield');
  await liar.lead(105);
  expect(kindsTold(liar).filter((kind) => kind === 'yield')).toHaveLength(2);
  expect(cluster.node(2).status().term).toBe(liar.term);
  for (let i = 0; i < 100 && cluster.leader === undefined; i++) await liar.lead(1);
  await cluster.settled();
  expect(await applied).toMatchObject({ kind: 'accepted' });
  expect(cluster.node(2).status()).toMatchObject({ carried: [] });
  expect(cluster.node(1).status().leftOutMs).toBeUndefined();
  await cluster.audit([1, 2]);
});

function emptyBlock(entries: readonly BlockEntry[] = []): Uint8Array {
  const clock = { state: 'synchronised', errorMs: 0 } as const;
  return encodeBlock({ timeMs: startMs, clock, secret: new Uint8Array(32), entries });
}

test('a chain that makes blocks all the while, and holds them back, leaves nobody out unseen', async () => {
  const cluster = await Cluster.make(3);
  cluster.rules = { ...eagerRules, holdMs: 1_000 };
  for (const { id } of cluster.members) await cluster.open(id);
  await cluster.until(() => cluster.leader !== undefined);
  const waiting = cluster.batch(1);
  const liar = await Liar.elected(cluster, 3);
  void cluster
    .node(1)
    .submit(waiting)
    .catch(() => {});
  for (let second = 0; second < 12; second++) {
    liar.append([emptyBlock()]);
    await liar.lead(10);
  }
  expect(cluster.node(1).status().leftOutMs).toBeGreaterThan(10_000);
  expect(cluster.node(2).status().carried).toEqual(['cellar-1']);
});

test('what a member passed on before it was revoked is held against no leader', async () => {
  const cluster = await Cluster.start(3);
  const waiting = cluster.batch(1);
  const liar = await Liar.elected(cluster, 3);
  void cluster
    .node(1)
    .submit(waiting)
    .catch(() => {});
  await liar.lead(115);
  expect(cluster.node(2).status().carried).toEqual(['cellar-1']);
  const keyId = keyIdOf(suite, cluster.member(1).signer.publicKey);
  const change = { version: 1, change: { kind: 'revoke', keyId } } as const;
  liar.append([emptyBlock([{ entry: signMembership(change, cluster.chainId, engineer) }])]);
  await liar.lead(150);
  expect(cluster.node(2).status()).toMatchObject({
    carried: [],
    term: liar.term,
    oversight: { yieldsAsked: 0, leadersShunned: 0 },
  });
});

test('the entries of one that cannot reach the leader come to it through others', async () => {
  const cluster = await Cluster.start(3);
  const { id: leader = 0, node } = cluster.leader ?? {};
  const [one = 0, other = 0] = cluster.followers.map(({ id }) => id);
  const isSubmit = (message: Parameters<typeof ofChannel>[0]): boolean => {
    const said = ofChannel(message);
    return said.ok && said.value.kind === 'submit';
  };
  cluster.network.loses = (from, to, message) =>
    from === one && to === leader && message.kind === 'channel' && isSubmit(message);
  const applied = [cluster.submit(one), cluster.submit(one)];
  await cluster.pass(95);
  expect(cluster.node(one).status().outbox.count).toBe(2);
  await cluster.until(() => cluster.node(one).status().outbox.count === 0, 50);
  expect(await Promise.all(applied)).toMatchObject([{ kind: 'accepted' }, { kind: 'accepted' }]);
  expect(cluster.node(other).status()).toMatchObject({ carried: [], refusals: [] });
  expect(node?.status()).toMatchObject({ role: 'leader', yieldsGranted: 0 });
  expect(await cluster.audit()).toBe(3);
});

test('what a member passes on must be its own, signed, and in its turn', async () => {
  const cluster = await Cluster.start(3);
  const [one = 0, other = 0] = cluster.followers.map(({ id }) => id);
  const good = cluster.batch(other);
  const entry = good.entry.map((byte, i, { length }) => (i === length - 1 ? byte ^ 1 : byte));
  const carry = (from: number, entries: readonly { readonly entry: Uint8Array }[]): void =>
    cluster.network.forge(from, one, toChannel({ kind: 'carry', entries }));
  carry(other, [{ entry }]);
  carry(other, [{ entry: Uint8Array.of(1, 2, 3) }]);
  carry(other, [cluster.batch(cluster.leader?.id ?? 0)]);
  await cluster.pass(1);
  expect(cluster.node(one).status()).toMatchObject({
    carried: [],
    refusals: [{ member: `cellar-${other}`, reason: 'carry', count: 3 }],
  });
});

test('an honest leader hands over when asked, and for each member only once in a while', async () => {
  const cluster = await Cluster.start(3);
  const first = cluster.leader?.id ?? 0;
  const asker = cluster.followers[0]?.id ?? 0;
  const ask = (leader: number, from: number): void => {
    const { term } = cluster.node(leader).status();
    const message = toChannel({ kind: 'yield', term, reason: 'left-out' });
    cluster.network.forge(from, leader, message);
  };
  // Of an older term nobody cares.
  const old = toChannel({ kind: 'yield', term: 0, reason: 'left-out' });
  cluster.network.forge(asker, first, old);
  await cluster.pass(12);
  expect(cluster.leader?.id).toBe(first);
  ask(first, asker);
  await cluster.until(() => cluster.leader !== undefined && cluster.leader.id !== first, 5);
  // Asked by the same again, whoever it is that leads has granted it before, or does so once.
  for (let i = 0; i < 40; i++) {
    const leader = cluster.leader?.id;
    if (leader !== undefined && leader !== asker) ask(leader, asker);
    await cluster.pass(2);
  }
  const granted = cluster.members.map(({ node }) => node?.status().yieldsGranted ?? 0);
  expect(Math.max(...granted)).toBe(1);
});

test('a leader that ends hands over first: nobody waits for an election', async () => {
  const cluster = await Cluster.start(3);
  const { id: first = 0, node } = cluster.leader ?? {};
  for (const { id } of cluster.members) void cluster.submit(id);
  await cluster.settled();
  await cluster.pass(12);
  let isDone = false;
  void node?.handOver().then(() => {
    isDone = true;
  });
  // An election timeout is ten ticks at least.
  await cluster.until(() => isDone, 3);
  expect(cluster.leader?.id).not.toBe(first);
  await cluster.stop(first);
  const [other = 0] = cluster.followers.map(({ id }) => id);
  void cluster.submit(other);
  await cluster.settled();
  expect(await cluster.audit([1, 2, 3].filter((id) => id !== first))).toBe(1 + 3 + 1);
});

test('a leader that ends, and that nobody can follow, waits a little and no longer', async () => {
  const cluster = await Cluster.start(3);
  const { id: first = 0, node } = cluster.leader ?? {};
  await cluster.pass(12);
  cluster.network.isolate(first);
  let isDone = false;
  void node?.handOver().then(() => {
    isDone = true;
  });
  await cluster.until(() => isDone, 25);
  // A follower hands nothing over.
  const [follower] = cluster.followers;
  await follower?.node?.handOver();
});
