// SPDX-License-Identifier: Apache-2.0
// What a lying leader puts into the log, and what lying members say: nobody ends of it, all go on
// alike, and it is counted against whoever did it.

import { expect, test } from 'vitest';
import { encode } from '../../../base/cbor.ts';
import { formatCheckpoint } from '../../../base/checkpoint.ts';
import { cosign } from '../../../base/cosignature.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { encodeBlock } from '../../../sidechain/chain/block.ts';
import { chainOrigin, cosignerName } from '../../../sidechain/chain/names.ts';
import { toChannel } from '../../../sidechain/member-message.ts';
import type { PeerMessage } from '../../../sidechain/raft/message.ts';
import { startMs } from '../chain/fixture.ts';
import { Cluster } from './cluster.ts';
import { Liar } from './liar.ts';

const body = {
  timeMs: startMs,
  clock: { state: 'unset', errorMs: null },
  secret: new Uint8Array(32),
  entries: [],
} as const;

test('a body that is no block makes none, alike on all, also at a restart and in an audit', async () => {
  const cluster = await Cluster.start(3);
  for (const { id } of cluster.members) void cluster.submit(id);
  await cluster.settled();
  const before = cluster.node(1).status().height;
  const liar = await Liar.elected(cluster, 3);
  liar.append([Uint8Array.of(0xff), encodeBlock(body), encode([1, 2]), encodeBlock(body)]);
  await cluster.pass(3);
  for (const id of [1, 2]) {
    const { height, refusals } = cluster.node(id).status();
    expect(height).toBe(before + 2);
    expect(refusals).toContainEqual({ member: 'cellar-3', reason: 'no-block', count: 2 });
    const told = cluster.member(id).lines.join('');
    expect(told).toContain('leader-fault');
    expect(told).toContain(`"term":${liar.term}`);
  }
  await cluster.stop(2);
  await cluster.open(2);
  void cluster.submit(2);
  await cluster.settled();
  expect(cluster.node(2).status().height).toBeGreaterThan(before + 2);
  expect(await cluster.audit([1, 2])).toBe(1 + 4);
});

test('an entry that nobody signed is counted against the leader whose block has it', async () => {
  const cluster = await Cluster.start(3);
  const forged = cluster.batch(1);
  const entry = forged.entry.map((byte, i, { length }) => (i === length - 1 ? byte ^ 1 : byte));
  const liar = await Liar.elected(cluster, 3);
  liar.append([encodeBlock({ ...body, entries: [{ entry }, { entry: Uint8Array.of(1) }] })]);
  await cluster.pass(3);
  for (const id of [1, 2]) {
    expect(cluster.node(id).status().refusals).toEqual([
      { member: 'cellar-3', reason: 'bad-entry', count: 1 },
      { member: 'unknown', reason: 'entry-signature', count: 1 },
      { member: 'unknown', reason: 'entry-malformed', count: 1 },
    ]);
  }
});

test('what no honest member says to Raft is counted, and changes nothing', async () => {
  const cluster = await Cluster.start(3);
  const liar = await Liar.elected(cluster, 3);
  const { term } = liar;
  const envelope = { from: 3, to: 0, term };
  const { role, height } = cluster.node(1).status();
  liar.heartbeat(1_000_000);
  const leap: PeerMessage = {
    ...envelope,
    term: 2 ** 47,
    kind: 'heartbeat',
    commit: 0,
    readRound: 0,
  };
  liar.send(leap);
  liar.send({ ...envelope, kind: 'transfer-leader', transferee: 2 });
  liar.send({
    ...envelope,
    kind: 'propose',
    proposals: [{ kind: 'normal', data: new Uint8Array(9) }],
  });
  liar.send({ ...envelope, kind: 'read-index', context: new Uint8Array(1) });
  cluster.network.forge(2, 1, { from: 2, to: 1, term, kind: 'timeout-now' });
  await cluster.pass(1);
  const status = cluster.node(1).status();
  expect(status).toMatchObject({ role, term, height });
  expect(status.refusals.filter(({ member }) => member === 'cellar-3')).toEqual(
    ['malformed', 'term-leap', 'transfer-leader', 'propose', 'read-index'].map((reason) => {
      return { member: 'cellar-3', reason, count: 1 };
    }),
  );
  expect(status.refusals).toContainEqual({ member: 'cellar-2', reason: 'timeout-now', count: 1 });
});

test('whom nobody has asked to sign before, no checkpoint of nothing ends', async () => {
  const cluster = await Cluster.start(3);
  const { signer } = cluster.member(3);
  const root = suite.sha256(new Uint8Array());
  const body = formatCheckpoint({ origin: chainOrigin(cluster.chainId), size: 0, root });
  const name = cosignerName(cluster.chainId, signer.keyId);
  const { signature } = cosign(suite, name, body, 1, signer);
  const message = toChannel({ kind: 'cosign', size: 0, root, signature });
  cluster.network.forge(3, 1, message);
  await cluster.pass(3);
  expect(cluster.node(1).status()).toMatchObject({
    cosignedSize: 0,
    refusals: [{ member: 'cellar-3', reason: 'form', count: 1 }],
  });
  void cluster.submit(1);
  await cluster.settled();
});

test('a follower that acknowledges what was never sent to it is not believed', async () => {
  const cluster = await Cluster.start(3);
  const { id: leader = 0 } = cluster.leader ?? {};
  const [liar = 0, other = 0] = cluster.followers.map(({ id }) => id);
  const { term } = cluster.node(leader).status();
  const session = 1;
  const far = { from: liar, to: leader, term, kind: 'append-response', session } as const;
  for (const index of [1_000, 2 ** 40]) {
    for (const one of [1, 2, 3, 4, 5, 6]) {
      cluster.network.forge(liar, leader, { ...far, session: one, index, rejection: undefined });
    }
  }
  await cluster.pass(2);
  void cluster.submit(other);
  await cluster.settled();
  const { refusals } = cluster.node(leader).status();
  expect(refusals).toEqual([{ member: `cellar-${liar}`, reason: 'malformed', count: 12 }]);
});
