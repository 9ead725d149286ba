// SPDX-License-Identifier: Apache-2.0
// A gateway changes its key and keeps its copy of the chain: a new member, with a new number and a new
// place in Raft, on the disk of the old one.

import { copyFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { toHex } from '../../../base/bytes.ts';
import { toKeyId, toSequence } from '../../../base/ids.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { encodeBatch, packRoot } from '../../../sidechain/chain/batch.ts';
import type { BlockEntry } from '../../../sidechain/chain/block.ts';
import { signEntry } from '../../../sidechain/chain/entry.ts';
import type { MembershipChange } from '../../../sidechain/chain/membership.ts';
import type { NodeId } from '../../../sidechain/raft/entry.ts';
import { chainPath, readChain } from '../../../sidechain/store/chain-file.ts';
import type { Unsealed } from '../../../sidechain/store/outbox-anew.ts';
import { takeOver } from '../../../sidechain/store/take-over.ts';
import { clock, packAt, schemaPayload, startMs } from '../chain/fixture.ts';
import { Cluster } from './cluster.ts';
import { type Crash, TestDatabase } from './rig.ts';

/** The change that puts the key of one in the place of another's. */
function successionOf(cluster: Cluster, from: NodeId, to: NodeId): MembershipChange {
  return {
    kind: 'grant',
    publicKey: cluster.member(to).signer.publicKey,
    name: `cellar-${from}`,
    role: 'voter',
    address: null,
    supersedes: toKeyId(cluster.member(from).signer.keyId),
  };
}

/** A batch with packs of the fixture's meter, as its gateway signs it. */
function readingsOf(cluster: Cluster, id: NodeId): BlockEntry {
  const { signer } = cluster.member(id);
  const packs = [1, 2, 3].map((second) => packAt(startMs + second * 1_000, second));
  const secret = new Uint8Array(32).fill(9);
  const payload = encodeBatch({
    gateway: toKeyId(signer.keyId),
    sequence: toSequence(cluster.node(id).nextSequence()),
    packCount: packs.length,
    packRoot: packRoot(suite, secret, packs),
    timeMs: startMs + 4_000,
    clock,
  });
  const { chainId } = cluster;
  const entry = signEntry({ kind: 'reading-batch', payload, chainId }, signer);
  return { entry, packs: { secret, packs } };
}

/** The disk of one under the key of another. @returns how many entries were signed anew. */
async function takeOverDisk(
  cluster: Cluster,
  move: { readonly from: NodeId; readonly to: NodeId },
  given: { readonly crash?: Crash | undefined; readonly unsealed?: readonly Unsealed[] } = {},
): Promise<number> {
  const [from, to] = [cluster.member(move.from), cluster.member(move.to)];
  const database = new TestDatabase(from.dataDir, { crash: given.crash });
  try {
    return await takeOver({
      ...{ database, suite, contracts: [], signer: to.signer, unsealed: given.unsealed ?? [] },
      random: (length) => new Uint8Array(length).fill(7),
    });
  } finally {
    await database.close();
    copyFileSync(chainPath(from.dataDir), chainPath(to.dataDir));
  }
}

const rolesAt = (cluster: Cluster, id: NodeId) =>
  cluster
    .node(id)
    .status()
    .membership.members.map(({ raftRole }) => raftRole)
    .join();

/** The engineer's word is in a block, and Raft has let the old one go. */
async function superseded(cluster: Cluster, from: NodeId): Promise<NodeId> {
  const { id } = await cluster.newcomer();
  const via = cluster.running.find((one) => one.id !== from)?.id ?? from;
  const done = cluster.change(via, successionOf(cluster, from, id));
  await cluster.until(() => cluster.node(from).registry.members.length === id);
  await cluster.until(() => {
    const own = cluster.node(from).status().membership.members[from - 1];
    return cluster.running.length === 1 || own?.raftRole === 'none';
  });
  expect(await done).toMatchObject({ kind: 'accepted' });
  await cluster.stop(from);
  return id;
}

test.each([1, 2, 3])(
  'member %i of three goes on under a new key, with its own copy',
  async (from) => {
    const cluster = await Cluster.start(3);
    void cluster.submit(from);
    await cluster.settled();
    const { height } = cluster.node(from).status();
    const to = await superseded(cluster, from);
    await takeOverDisk(cluster, { from, to });
    const node = await cluster.open(to);
    // Nothing had to be fetched.
    expect(node.status().height).toBeGreaterThan(height);
    const roles = [1, 2, 3, 4].map((id) => (id === from ? 'none' : 'voter')).join();
    await cluster.until(() => rolesAt(cluster, to) === roles);
    const applied = cluster.submit(to);
    await cluster.settled();
    expect(await applied).toMatchObject({ kind: 'accepted' });
    expect(node.registry.sequence(cluster.member(to).signer.keyId).sequence).toBe(1);
    const signed = node.checkpoint();
    await cluster.pass(5);
    const note = (await signed).note;
    expect(note).toContain(toHex(cluster.member(to).signer.keyId));
    expect(note).not.toContain(toHex(cluster.member(from).signer.keyId));
    const others = [1, 2, 3, 4].filter((id) => id !== from);
    expect(await cluster.audit(others)).toBe(1 + 1 + 1 + 1);
  },
);

test.each([
  { write: 1, moment: 'before' },
  { write: 1, moment: 'after' },
  { write: 2, moment: 'before' },
  { write: 2, moment: 'after' },
] as const)(
  'what still waited is signed anew, where the process dies $moment write $write',
  async (crash) => {
    const cluster = await Cluster.start(3);
    const from = cluster.followers[0]?.id ?? 0;
    const { chainId } = cluster;
    const { signer } = cluster.member(from);
    const schema = signEntry({ kind: 'schema', payload: schemaPayload, chainId }, signer);
    void cluster.node(from).submit({ entry: schema });
    await cluster.settled();
    cluster.network.loses = (one, _, { kind }) => one === from && kind === 'channel';
    const waiting = readingsOf(cluster, from);
    cluster
      .node(from)
      .submit(waiting)
      .catch(() => {});
    cluster.submit(from).catch(() => {});
    await cluster.pass(3);
    const to = await superseded(cluster, from);
    cluster.network.loses = () => false;
    const died = await takeOverDisk(cluster, { from, to }, { crash }).catch(() => undefined);
    await takeOverDisk(cluster, { from, to });
    expect(died).toBe(undefined);
    const node = await cluster.open(to);
    await cluster.until(() => node.status().outbox.count === 0);
    expect(node.registry.sequence(cluster.member(to).signer.keyId).sequence).toBe(2);
    const { refusals } = node.status();
    expect(refusals.filter(({ reason }) => reason !== 'duplicate')).toEqual([]);
    await cluster.settled();
    await cluster.audit([1, 2, 3, 4].filter((id) => id !== from));
  },
);

test('what was read and is in no batch yet is signed by the new key', async () => {
  const cluster = await Cluster.start(3);
  const [from, { chainId }] = [cluster.followers[0]?.id ?? 0, cluster];
  const { signer } = cluster.member(from);
  const schema = signEntry({ kind: 'schema', payload: schemaPayload, chainId }, signer);
  void cluster.node(from).submit({ entry: schema });
  await cluster.settled();
  const to = await superseded(cluster, from);
  const window = (energyWh: number) => ({
    ...{ packs: [packAt(startMs + 1_000, energyWh)], timeMs: startMs + 2_000, clock },
  });
  expect(await takeOverDisk(cluster, { from, to }, { unsealed: [window(1), window(2)] })).toBe(3);
  const node = await cluster.open(to);
  await cluster.until(() => node.status().outbox.count === 0);
  expect(node.registry.sequence(cluster.member(to).signer.keyId).sequence).toBe(2);
  expect(node.status().refusals).toEqual([]);
});

test('a gateway alone changes its key', async () => {
  const cluster = await Cluster.start(1);
  void cluster.submit(1);
  await cluster.settled();
  const to = await superseded(cluster, 1);
  await takeOverDisk(cluster, { from: 1, to });
  const node = await cluster.open(to);
  await cluster.until(() => node.isLeader);
  expect(rolesAt(cluster, to)).toBe('none,voter');
  const applied = cluster.submit(to);
  await cluster.settled();
  expect(await applied).toMatchObject({ kind: 'accepted' });
  await node.checkpoint();
  await cluster.stop(to);
  await cluster.open(to);
  await cluster.until(() => cluster.node(to).isLeader);
  expect(rolesAt(cluster, to)).toBe('none,voter');
  expect(await cluster.audit([to])).toBe(1 + 1 + 1 + 1);
});

test('nobody takes over what the chain has not given', async () => {
  const cluster = await Cluster.start(3);
  const { id: to } = await cluster.newcomer();
  await cluster.stop(3);
  await expect(takeOverDisk(cluster, { from: 3, to })).rejects.toMatchObject({
    code: 'not-superseded',
  });
  const database = new TestDatabase(cluster.member(3).dataDir);
  expect((await readChain(database)).gateway).toEqual(cluster.member(3).signer.keyId);
  await database.close();
});

test('a copy from before the change cannot be taken over a second time', async () => {
  const cluster = await Cluster.start(3);
  const to = await superseded(cluster, 3);
  const { dataDir } = cluster.member(3);
  const copy = `${chainPath(dataDir)}.copy`;
  copyFileSync(chainPath(dataDir), copy);
  await takeOverDisk(cluster, { from: 3, to });
  await cluster.open(to);
  await cluster.until(() => rolesAt(cluster, to) === 'voter,voter,none,voter');
  void cluster.submit(to);
  await cluster.settled();
  const signed = cluster.node(to).checkpoint();
  await cluster.pass(5);
  await signed;
  await cluster.stop(to);
  copyFileSync(copy, chainPath(dataDir));
  await takeOverDisk(cluster, { from: 3, to });
  const node = await cluster.open(to);
  const ended = expect(node.finished).rejects.toMatchObject({ code: 'chain-stopped' });
  await cluster.pass(30);
  await ended;
});
