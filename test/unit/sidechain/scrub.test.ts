// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { ofChannel, toChannel } from '../../../sidechain/member-message.ts';
import type { NodeId } from '../../../sidechain/raft/entry.ts';
import { lookOver, repairOf } from '../../../sidechain/store/log-repair.ts';
import { Cluster } from './cluster.ts';
import { TestDatabase } from './rig.ts';

/** Three members with some blocks, all stopped; nothing of theirs is in memory. */
async function stopped(): Promise<Cluster> {
  const cluster = await Cluster.start(3);
  for (let i = 0; i < 2; i++) {
    for (const { id } of cluster.members) void cluster.submit(id);
    await cluster.settled();
  }
  for (const { id } of cluster.members) await cluster.stop(id);
  return cluster;
}

/** Changes a member's file behind its back. */
async function rot(cluster: Cluster, id: NodeId, set: string, index = 5): Promise<void> {
  const database = new TestDatabase(cluster.member(id).dataDir);
  await database.write([{ sql: `UPDATE log SET ${set} WHERE idx = ?`, params: [index] }]);
  await database.close();
}

async function damagedIn(cluster: Cluster, id: NodeId): Promise<readonly number[]> {
  const database = new TestDatabase(cluster.member(id).dataDir, { readOnly: true });
  const found = await lookOver(suite, database, { from: 1, to: 1_000, bytesMax: 1e6 });
  await database.close();
  return found.damaged;
}

const flipped = "data = CAST(substr(data, 1, 60) || x'ee' || substr(data, 62) AS BLOB)";

test.each([
  ['data', flipped],
  ['term', 'term = term + 1'],
  ['kind', 'kind = 7'],
  ['checksum', "checksum = x'0011223344556677'"],
  ['all of the data', "data = x''"],
])('a rotten %s is found by the way, and comes back from another member', async (_, set) => {
  const cluster = await stopped();
  await rot(cluster, 2, set);
  for (const { id } of cluster.members) await cluster.open(id);
  await cluster.until(() => cluster.node(2).status().scrub?.repairedCount === 1);
  expect(cluster.node(2).status().scrub?.damaged).toEqual([]);
  expect(cluster.member(2).lines.join('')).toContain('entry-repaired');
  expect(await cluster.audit()).toBe(1 + 6);
});

test('a leader with a rotten entry gets it from a member before it passes it on', async () => {
  const cluster = await Cluster.start(3);
  const behind = cluster.followers[0]?.id ?? 0;
  await cluster.stop(behind);
  for (let i = 0; i < 6; i++) {
    for (const { id } of cluster.running) void cluster.submit(id);
    await cluster.settled();
  }
  const others = cluster.running.map(({ id }) => id);
  for (const id of others) await cluster.stop(id);
  const [one = 0, other = 0] = others;
  await rot(cluster, one, flipped, 6);
  await rot(cluster, other, flipped, 8);
  for (const id of [one, other, behind]) await cluster.open(id);
  await cluster.settled();
  expect(cluster.node(one).status().scrub?.repairedCount).toBe(1);
  expect(cluster.node(other).status().scrub?.repairedCount).toBe(1);
  expect(await cluster.audit()).toBe(1 + 12);
});

test('where nobody has it as it was, it stays as it is, and that is said', async () => {
  const cluster = await stopped();
  for (const { id } of cluster.members) await rot(cluster, id, flipped);
  for (const { id } of cluster.members) await cluster.open(id);
  await cluster.until(() => cluster.member(1).lines.join('').includes('entry-lost'));
  await cluster.pass(20);
  for (const { id } of cluster.members) {
    expect(cluster.node(id).status().scrub).toEqual({ repairedCount: 0, damaged: [5] });
  }
  for (const { id } of cluster.members) await cluster.stop(id);
  expect(await damagedIn(cluster, 1)).toEqual([5]);
});

test('members that lie are not believed, and one that does not is found', async () => {
  const cluster = await stopped();
  await rot(cluster, 1, flipped);
  cluster.network.loses = (from, to, message) => {
    if (message.kind !== 'channel') return false;
    const said = ofChannel(message);
    if (!said.ok || said.value.kind !== 'body' || from === 3) return false;
    const { index, entry } = said.value;
    if (entry === null) return false;
    const forged = { ...entry, data: entry.data.with(70, (entry.data[70] ?? 0) ^ 1) };
    cluster.network.forge(from, to, toChannel({ kind: 'body', index, entry: forged }));
    return true;
  };
  for (const { id } of cluster.members) await cluster.open(id);
  await cluster.until(() => cluster.node(1).status().scrub?.repairedCount === 1);
  const lines = cluster.member(1).lines.join('');
  expect(lines).toContain('entry-differs');
  expect(lines).not.toContain('entry-lost');
  expect(await cluster.audit()).toBe(1 + 6);
});

test('what is sound, missing, or the body of no such block is not replaced', async () => {
  const cluster = await stopped();
  const [mine, theirs] = [1, 2].map((id) => new TestDatabase(cluster.member(id).dataDir));
  if (mine === undefined || theirs === undefined) throw new Error('two databases');
  const entry = { index: 5, term: 1, kind: 'normal' as const, data: new Uint8Array() };
  expect(await repairOf(suite, mine, entry)).toMatchObject({ code: 'sound' });
  expect(await repairOf(suite, mine, { ...entry, index: 999 })).toMatchObject({ code: 'missing' });
  await mine.write([{ sql: 'UPDATE log SET kind = 9 WHERE idx = 5' }]);
  expect(await repairOf(suite, mine, entry)).toMatchObject({ code: 'checksum' });
  // Another block's body, under a checksum that was made for it: the header does not fit.
  const [row] = await theirs.read('SELECT term, data, checksum FROM log WHERE idx = 5');
  await mine.write([
    { sql: 'UPDATE log SET checksum = ? WHERE idx = 5', params: [row?.checksum ?? null] },
    {
      sql: 'UPDATE block SET header = (SELECT header FROM block WHERE height = 2) WHERE log_index = 5',
    },
  ]);
  const data = row?.data instanceof Uint8Array ? row.data : new Uint8Array();
  const found = { ...entry, term: Number(row?.term), data };
  expect(await repairOf(suite, mine, found)).toMatchObject({ code: 'block' });
  await mine.close();
  await theirs.close();
});
