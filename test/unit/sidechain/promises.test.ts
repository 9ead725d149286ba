// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest';
import { formatCheckpoint } from '../../../base/checkpoint.ts';
import { cosign } from '../../../base/cosignature.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { chainOrigin, cosignerName } from '../../../sidechain/chain/names.ts';
import { Registry } from '../../../sidechain/chain/registry.ts';
import { ChainState } from '../../../sidechain/chain/state.ts';
import { ofChannel, toChannel } from '../../../sidechain/member-message.ts';
import { Members } from '../../../sidechain/members.ts';
import { Recall } from '../../../sidechain/recall.ts';
import { gateway } from '../chain/fixture.ts';
import { Cluster } from './cluster.ts';

/** What ends a member that runs. */
async function endOf(cluster: Cluster, id: number): Promise<unknown> {
  const ended = cluster.node(id).finished.then(
    () => 'closed',
    (error: unknown) => error,
  );
  const outcome: unknown[] = [];
  void ended.then((one) => outcome.push(one));
  await cluster.until(() => outcome.length > 0);
  return outcome[0];
}

test('a wiped member that comes back under its old key stops for good', async () => {
  const cluster = await Cluster.start(3);
  for (const { id } of cluster.members) void cluster.submit(id);
  await cluster.settled();
  await cluster.wipe(3);
  await cluster.open(3);
  expect(await endOf(cluster, 3)).toMatchObject({ code: 'chain-stopped', retry: 'fatal' });
  expect(cluster.node(3).status()).toMatchObject({ height: 0, mayPromise: false });
  await cluster.stop(3);
  await expect(cluster.open(3)).rejects.toMatchObject({ code: 'chain-stopped' });
});

test('what a wiped member signs before anybody answers does not hide what it signed before', async () => {
  const cluster = await Cluster.start(3);
  void cluster.submit(3);
  await cluster.settled();
  await cluster.wipe(3);
  // Of its votes and acknowledgements they know no more.
  for (const id of [1, 2]) {
    await cluster.stop(id);
    await cluster.open(id);
  }
  await cluster.open(3);
  cluster.submit(3).catch(() => {});
  expect(await endOf(cluster, 3)).toMatchObject({
    code: 'chain-stopped',
    message: expect.stringContaining('batch 1'),
  });
});

test('a copy that has signed a number again stops when the chain has it of another batch', async () => {
  let doubled: number | undefined;
  const reasons: string[] = [];
  const recall = new Recall({
    members: new Members(new Registry(suite, new ChainState()), gateway.keyId),
    own: () => ({ cosignedSize: 0, term: 0, sequence: 0, match: 0, matchTerm: 0 }),
    doubledNumber: () => doubled,
    say: () => true,
    monotonicMs: () => 0,
    stop: async (reason) => void reasons.push(reason),
  });
  await recall.applied();
  expect(reasons).toEqual([]);
  doubled = 7;
  await recall.applied();
  expect(reasons).toEqual([expect.stringContaining('another batch 7 of this key')]);
});

test('a copy of the disk older than a co-signature is told by who has seen it', async () => {
  const cluster = await Cluster.start(3);
  const [follower] = cluster.followers.map(({ id }) => id);
  const id = follower ?? 0;
  void cluster.submit(id);
  await cluster.settled();
  const restore = await cluster.keepCopy(id);
  await cluster.open(id);
  await cluster.settled();
  const leader = cluster.leader?.node;
  const checkpoint = leader?.checkpoint();
  await cluster.pass(30);
  await checkpoint;
  await cluster.stop(id);
  restore();
  // No new block and no new vote: what it acknowledged and signed tells, each of them alone below.
  await cluster.open(id);
  expect(await endOf(cluster, id)).toMatchObject({ code: 'chain-stopped' });
});

const onDisk = { cosignedSize: 2, term: 5, sequence: 9, match: 11, matchTerm: 5 };

test.each([
  ['a checkpoint of 3 blocks', { cosignedSize: 3 }],
  ['a promise made here in term 6', { term: 6 }],
  ['batch 10', { sequence: 10 }],
  ['entry 12 of the log', { match: 12 }],
  [undefined, {}],
  // Acknowledged to a leader of before, and replaced since.
  [undefined, { match: 12, matchTerm: 4 }],
])('one thing alone that others know of is enough: %s', async (told, newer) => {
  const cluster = await Cluster.make(3);
  const { registry } = await cluster.open(1);
  const reasons: string[] = [];
  const recall = new Recall({
    members: new Members(registry, cluster.member(1).signer.keyId),
    own: () => onDisk,
    doubledNumber: () => undefined,
    say: () => true,
    monotonicMs: () => 0,
    stop: async (reason) => void reasons.push(reason),
  });
  await recall.onRecalled(2, { kind: 'recalled', ...onDisk, ...newer });
  expect(reasons).toEqual(told === undefined ? [] : [expect.stringContaining(told)]);
});

test('a member that nobody answers keeps what it reads, and promises nothing', async () => {
  const cluster = await Cluster.make(3);
  await cluster.open(1);
  const waiting = cluster.submit(1);
  const signing = cluster.node(1).cosign();
  const said: string[] = [];
  cluster.network.loses = (from, _to, message) => {
    const own = message.kind === 'channel' ? ofChannel(message) : undefined;
    const kind = own?.ok === true ? own.value.kind : message.kind;
    if (from === 1 && (own === undefined || kind === 'cosigned')) said.push(kind);
    return false;
  };
  const root = await cluster.node(1).askHistory({ sizes: [1] }, (tree) => tree.root(1));
  const { signer } = cluster.member(3);
  const body = formatCheckpoint({ origin: chainOrigin(cluster.chainId), size: 1, root });
  const name = cosignerName(cluster.chainId, signer.keyId);
  const { signature } = cosign(suite, name, body, 1, signer);
  cluster.network.forge(3, 1, toChannel({ kind: 'cosign', size: 1, root, signature }));
  const envelope = { from: 3, to: 1, term: 5 };
  const last = { index: 9, term: 4 };
  cluster.network.forge(3, 1, { ...envelope, kind: 'vote', last, transfer: false });
  cluster.network.forge(3, 1, { ...envelope, kind: 'heartbeat', commit: 0, readRound: 0 });
  await cluster.pass(200);
  expect(said).toEqual([]);
  expect(cluster.node(1).status()).toMatchObject({
    role: 'follower',
    term: 0,
    mayPromise: false,
    cosignedSize: 0,
    outbox: { count: 1 },
  });
  await cluster.open(2);
  await cluster.settled();
  expect(await waiting).toMatchObject({ kind: 'accepted' });
  expect(await signing).toMatchObject({ size: 1 });
});

test('one that answers is enough of three, after a while', async () => {
  const cluster = await Cluster.start(3);
  await cluster.stop(3);
  await cluster.stop(2);
  await cluster.open(2);
  await cluster.pass(5);
  expect(cluster.node(2).status()).toMatchObject({ mayPromise: false });
  await cluster.until(() => cluster.node(2).status().mayPromise);
  await cluster.settled();
});

test('nobody speaks in a term that is not on its disk', async () => {
  const cluster = await Cluster.make(3);
  const said: string[] = [];
  cluster.network.loses = (from, _, message) => {
    const isTentative = message.kind === 'pre-vote' || message.kind === 'pre-vote-response';
    if (from === 1 && message.kind !== 'channel' && !isTentative && message.term > 0) {
      said.push(message.kind);
    }
    return false;
  };
  for (const { id } of cluster.members) await cluster.open(id);
  const release = cluster.member(1).database?.hold(1);
  await cluster.until(() => (cluster.leader?.node?.status().term ?? 0) > 0);
  await cluster.pass(10);
  expect(said).toEqual([]);
  release?.();
  await cluster.pass(10);
  expect(said.length).toBeGreaterThan(0);
});
