// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { formatCheckpoint, verifyLogSignature } from '../../../base/checkpoint.ts';
import { cosign, verifyCosignature } from '../../../base/cosignature.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { parseNote } from '../../../base/note.ts';
import { chainOrigin, cosignerName } from '../../../sidechain/chain/names.ts';
import { toChannel } from '../../../sidechain/member-message.ts';
import { Cluster } from './cluster.ts';
import { countingContract } from './test-contract.ts';

async function checkpointOf(cluster: Cluster, id: number) {
  const outcome: unknown[] = [];
  const checkpoint = cluster.node(id).checkpoint();
  checkpoint.then(
    (one) => outcome.push(one),
    (error) => outcome.push(error),
  );
  await cluster.until(() => outcome.length > 0);
  return checkpoint;
}

test('C2SP cosignature/v1: a checkpoint bears the lines that the policy asks for', async () => {
  const cluster = await Cluster.start(3);
  void cluster.submit(1);
  await cluster.settled();
  for (const { id, signer } of cluster.members) {
    const { note, size } = await checkpointOf(cluster, id);
    expect(size).toBe(2);
    const parsed = parseNote(note, { strict: true });
    if (!parsed.ok) throw new Error(parsed.detail);
    const { body, lines } = parsed.value;
    const [log, ...cosigners] = lines;
    const name = chainOrigin(cluster.chainId);
    const { publicKey } = signer;
    expect(log && verifyLogSignature(suite, body, log, { name, publicKey })).toBe(true);
    expect(cosigners.length).toBeGreaterThanOrEqual(2);
    for (const line of cosigners) {
      const by = cluster.members.find(
        (member) => cosignerName(cluster.chainId, member.signer.keyId) === line.name,
      );
      const key = { name: line.name, publicKey: by?.signer.publicKey ?? new Uint8Array(32) };
      expect(verifyCosignature(suite, body, line, key).ok).toBe(true);
    }
  }
});

test('without enough members there is no checkpoint, and later there is', async () => {
  const cluster = await Cluster.start(3);
  cluster.network.isolate(1);
  await expect(checkpointOf(cluster, 1)).rejects.toMatchObject({
    code: 'checkpoint-unsigned',
    retry: 'transient',
  });
  cluster.network.heal();
  await cluster.settled();
  const { note } = await checkpointOf(cluster, 1);
  expect(parseNote(note, { strict: true })).toMatchObject({ ok: true });
});

test('what a member has not applied it signs when it has', async () => {
  const cluster = await Cluster.start(3);
  const { id: leader = 0 } = cluster.leader ?? {};
  const [one = 0, two = 0] = cluster.followers.map(({ id }) => id);
  // The leader's appends to it are kept back: it is behind when it is asked.
  cluster.network.keeps = (_, to, { kind }) => to === one && kind === 'append';
  const applied = cluster.submit(leader);
  await cluster.until(() => cluster.node(leader).status().height === 1);
  await cluster.stop(two);
  const outcome: unknown[] = [];
  void cluster
    .node(leader)
    .checkpoint()
    .then((made) => outcome.push(made));
  await cluster.pass(3);
  expect(outcome).toEqual([]);
  cluster.network.keeps = () => false;
  cluster.network.release();
  await cluster.until(() => outcome.length > 0);
  expect(outcome).toMatchObject([{ size: 2 }]);
  await applied;
});

test('two roots at one size by one member are evidence, and it counts no more', async () => {
  const cluster = await Cluster.start(3);
  void cluster.submit(1);
  await cluster.settled();
  await checkpointOf(cluster, 1);
  const { signer } = cluster.member(2);
  const name = cosignerName(cluster.chainId, signer.keyId);
  for (const fill of [1, 2]) {
    const root = new Uint8Array(32).fill(fill);
    const body = formatCheckpoint({ origin: chainOrigin(cluster.chainId), size: 7, root });
    const { signature } = cosign(suite, name, body, 1, signer);
    cluster.network.forge(2, 1, toChannel({ kind: 'cosigned', size: 7, root, signature }));
    // One that does not hold is nobody's.
    const forged = signature.map((byte, i) => (i === 70 ? byte ^ 1 : byte));
    const other = new Uint8Array(32).fill(9);
    const bad = { size: 8, root: other, signature: forged };
    cluster.network.forge(2, 1, toChannel({ kind: 'cosigned', ...bad }));
    await cluster.pass(1);
    expect(cluster.node(1).status().evidenceCount).toBe(fill - 1);
  }
  await cluster.stop(3);
  await expect(checkpointOf(cluster, 1)).rejects.toMatchObject({ code: 'checkpoint-unsigned' });
  // It outlives a restart.
  await cluster.stop(1);
  await cluster.open(1);
  expect(cluster.node(1).status().evidenceCount).toBe(1);
});

test('a member whose blocks come out unlike those of a majority stops, and says so', async () => {
  const cluster = await Cluster.make(3);
  await cluster.open(1);
  await cluster.open(2);
  await cluster.open(3, { contracts: [countingContract] });
  const ended: unknown[] = [];
  void cluster.node(3).finished.catch((error: unknown) => ended.push(error));
  await cluster.until(() => cluster.leader !== undefined);
  for (const { id } of cluster.members) void cluster.submit(id);
  await cluster.until(() => ended.length > 0);
  expect(ended).toMatchObject([{ code: 'chain-stopped' }]);
  expect(cluster.member(3).lines.join('')).toContain('member-differs');
  await cluster.stop(3);
  void cluster.submit(1);
  await cluster.settled();
});

test('a gateway whose clock was never set hands the lead to one whose clock was', async () => {
  const cluster = await Cluster.start(3);
  const { id: first = 0 } = cluster.leader ?? {};
  cluster.member(first).clock.clockState = 'unset';
  await cluster.until(() => cluster.leader !== undefined && cluster.leader.id !== first);
  // Where nobody's clock was set, somebody leads all the same.
  for (const { clock } of cluster.members) clock.clockState = 'unset';
  await cluster.pass(60);
  const { id: second = 0 } = cluster.leader ?? {};
  await cluster.pass(100);
  expect(cluster.leader?.id).toBe(second);
});
