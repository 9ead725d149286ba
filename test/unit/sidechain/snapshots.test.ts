// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { keyIdOf } from '../../../base/ids.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { ofChannel, toChannel } from '../../../sidechain/member-message.ts';
import { readChanges } from '../../../sidechain/store/membership-table.ts';
import { snapshotPath } from '../../../sidechain/store/snapshot-file.ts';
import type { WireMessage } from '../../../sidechain/transport/transport.ts';
import { auditOf, rulesFor } from './archived.ts';
import { Cluster, type TestMember } from './cluster.ts';
import { receiptEntry } from './receipt-entry.ts';

async function open(cluster: Cluster, id: number): Promise<void> {
  const archive = rulesFor(cluster.member(id).dataDir, { segmentGroups: 4 });
  await cluster.open(id, { archive });
}

/** Files take real time. */
async function waitFor(cluster: Cluster, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 600 && !holds(); i++) {
    await cluster.pass(2);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(holds()).toBe(true);
}

/** Two of three members whose first 1,024 blocks are in segments, while the third was away. */
async function archivedWithoutThird(
  before: (cluster: Cluster) => Promise<void> = async () => {},
  archiving: readonly number[] = [1, 2, 3, 4],
): Promise<Cluster> {
  const cluster = await Cluster.make(3);
  const archives = (): readonly TestMember[] =>
    cluster.running.filter(({ id }) => archiving.includes(id));
  for (const { id } of cluster.members) {
    await (archiving.includes(id) ? open(cluster, id) : cluster.open(id));
  }
  await cluster.until(() => cluster.leader !== undefined);
  await cluster.settled();
  await before(cluster);
  await cluster.stop(3);
  await cluster.until(() => cluster.leader !== undefined);
  const { id = 0, signer } = cluster.leader ?? {};
  if (signer === undefined) throw new Error('nobody leads');
  for (let i = 0; i < 1_040; i++) void cluster.submit(id);
  await cluster.settled();
  await waitFor(cluster, () => archives().every((one) => existsSync(snapshotPath(one.dataDir))));
  const checkpoint = cluster.node(id).checkpoint();
  await cluster.pass(10);
  const { note } = await checkpoint;
  void cluster.node(id).submit(receiptEntry(note, { signer, chainId: cluster.chainId }));
  await cluster.settled();
  await cluster.pass(620);
  await waitFor(cluster, () =>
    archives().every(({ node }) => node?.status().archive?.keptFrom === 1_024),
  );
  return cluster;
}

test('a member whose next entry is in segments gets the state, and goes on from there', async () => {
  const cluster = await archivedWithoutThird();
  await open(cluster, 3);
  const ended = cluster.node(3).finished.catch((error) => error.code);
  await waitFor(cluster, () => cluster.member(3).lines.join('').includes('snapshot-installed'));
  expect(await ended).toBe('snapshot-installed');
  await cluster.stop(3);
  await open(cluster, 3);
  await cluster.settled();
  for (const { id } of cluster.members) void cluster.submit(id);
  await cluster.settled();
  expect(cluster.node(3).status().archive?.keptFrom).toBe(1_024);
  const heads = cluster.members.map(({ node }) => node?.status().height);
  expect(new Set(heads).size).toBe(1);
  for (const { id } of cluster.members) await cluster.stop(id);
  const reports = await Promise.all(cluster.members.map(({ dataDir }) => auditOf(dataDir)));
  expect(reports).toMatchObject([
    { ok: true, checkedFrom: 0 },
    { ok: true, checkedFrom: 0 },
    { ok: true, checkedFrom: 1_024 },
  ]);
}, 60_000);

test('pieces that are lost are asked again, and who forgets all begins at the beginning', async () => {
  const cluster = await archivedWithoutThird();
  let lostCount = 0;
  const wanted: number[] = [];
  cluster.network.loses = (_, to, message) => {
    const said = message.kind === 'channel' ? ofChannel(message) : undefined;
    if (said?.ok !== true) return false;
    if (said.value.kind === 'snapshot-wanted') {
      const { height, offset } = said.value;
      wanted.push(offset);
      // Nobody was asked but the leader: what another sends is no part of it.
      const piece = { kind: 'snapshot-piece', height, offset, bytes: new Uint8Array(9) } as const;
      cluster.network.forge(to === 1 ? 2 : 1, 3, toChannel(piece));
    }
    if (said.value.kind !== 'snapshot-piece' || to !== 3 || lostCount === 2) return false;
    lostCount += 1;
    return true;
  };
  await open(cluster, 3);
  await waitFor(cluster, () => lostCount === 1);
  // The process ends in the middle of it.
  await cluster.stop(3);
  await open(cluster, 3);
  await waitFor(cluster, () => cluster.member(3).lines.join('').includes('snapshot-installed'));
  expect(cluster.member(3).lines.join('')).not.toContain('snapshot-refused');
  expect(lostCount).toBe(2);
  expect(wanted.length).toBeGreaterThanOrEqual(3);
  await cluster.stop(3);
  await open(cluster, 3);
  await cluster.settled();
  expect(cluster.node(3).status().archive?.isFullCopy).toBe(false);
  // Nor when its archive was looked at.
  await cluster.pass(120);
  expect(cluster.node(3).status().archive?.isFullCopy).toBe(false);
  expect(cluster.node(1).status().archive?.isFullCopy).toBe(true);
}, 60_000);

test('a snapshot that was forged on the way is refused, and nothing is touched', async () => {
  const cluster = await archivedWithoutThird();
  cluster.network.loses = (from, to, message) => {
    const said = message.kind === 'channel' ? ofChannel(message) : undefined;
    if (said?.ok !== true || said.value.kind !== 'snapshot-piece' || to !== 3) return false;
    const { bytes } = said.value;
    const at = bytes.length - 10;
    if (bytes[at] === 0xee) return false;
    cluster.network.forge(from, to, toChannel({ ...said.value, bytes: bytes.with(at, 0xee) }));
    return true;
  };
  await open(cluster, 3);
  await waitFor(cluster, () => cluster.member(3).lines.join('').includes('snapshot-refused'));
  expect(cluster.node(3).status()).toMatchObject({ height: 0 });
  await cluster.stop(3);
  expect(await auditOf(cluster.member(3).dataDir)).toMatchObject({ ok: true, height: 0 });
}, 60_000);

test('what it had submitted, and the blocks it never saw took, is no sign of an older copy', async () => {
  const cluster = await archivedWithoutThird(async (cluster) => {
    const hasBlocks = (message: WireMessage): boolean =>
      message.kind === 'append' && message.entries.length > 0;
    cluster.network.loses = (_, to, message) => to === 3 && hasBlocks(message);
    const { keyId } = cluster.member(3).signer;
    void cluster.submit(3).catch(() => {});
    await cluster.until(() => {
      const others = cluster.running.filter(({ id }) => id !== 3);
      return others.some(({ node }) => (node?.registry.sequence(keyId).sequence ?? 0) > 0);
    });
    expect(cluster.node(3).status().outbox.count).toBe(1);
  });
  cluster.network.loses = () => false;
  await open(cluster, 3);
  await waitFor(cluster, () => cluster.member(3).lines.join('').includes('snapshot-installed'));
  await cluster.stop(3);
  await open(cluster, 3);
  expect(cluster.node(3).status().outbox.count).toBe(0);
  const applied = cluster.submit(3);
  await cluster.settled();
  expect(await applied).toMatchObject({ kind: 'accepted' });
  await cluster.stop(3);
  await open(cluster, 3);
}, 60_000);

test('who gets the state knows the members by it, and how they came to be', async () => {
  const cluster = await archivedWithoutThird(async (cluster) => {
    await cluster.stop(3);
    const { publicKey } = (await cluster.newcomer()).signer;
    const given = { name: 'cellar-4', address: null, supersedes: null } as const;
    const votersAre = (...ids: readonly number[]) =>
      cluster.until(() =>
        cluster.running.every(({ node }) =>
          isDeepStrictEqual(
            node?.registry.voters.map(({ raftId }) => raftId),
            ids,
          ),
        ),
      );
    void cluster.change(1, { kind: 'grant', role: 'voter', ...given, publicKey });
    await cluster.settled();
    await open(cluster, 4);
    await votersAre(1, 2, 3, 4);
    await cluster.pass(100);
    void cluster.change(1, {
      kind: 'revoke',
      keyId: keyIdOf(suite, cluster.member(2).signer.publicKey),
    });
    await cluster.until(() => cluster.node(4).registry.voters.length === 3);
    await cluster.pass(100);
    await cluster.stop(2);
  });
  await open(cluster, 3);
  await waitFor(cluster, () => cluster.member(3).lines.join('').includes('snapshot-installed'));
  await cluster.stop(3);
  await open(cluster, 3);
  await cluster.settled();
  const changesAt = (id: number) => {
    const { database } = cluster.member(id);
    return database && readChanges(database);
  };
  const changes = await changesAt(3);
  expect(changes).toEqual(await changesAt(1));
  expect(changes).toHaveLength(2);
}, 60_000);

test('a state that comes late takes nothing away that another leader has sent meanwhile', async () => {
  const cluster = await archivedWithoutThird(undefined, [1, 3]);
  if (cluster.leader?.id === 2) void cluster.node(2).handOver();
  await cluster.until(() => cluster.leader?.id === 1);
  let keptCount = 0;
  cluster.network.keeps = (_, to, message) => {
    const said = message.kind === 'channel' ? ofChannel(message) : undefined;
    const isKept = to === 3 && said?.ok === true && said.value.kind === 'snapshot-piece';
    if (isKept) keptCount += 1;
    return isKept;
  };
  await open(cluster, 3);
  await waitFor(cluster, () => keptCount > 0);
  void cluster.node(1).handOver();
  await waitFor(cluster, () => cluster.leader?.id === 2);
  await cluster.settled();
  const { height } = cluster.node(3).status();
  expect(height).toBeGreaterThan(1_030);
  await cluster.node(3).cosign();
  cluster.network.keeps = () => false;
  cluster.network.release();
  await cluster.pass(20);
  expect(cluster.member(3).lines.join('')).not.toContain('snapshot-installed');
  void cluster.submit(3);
  await cluster.settled();
  expect(cluster.node(3).status().height).toBeGreaterThan(height);
}, 60_000);
