// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { limits } from '../../../base/limits.ts';
import { leafHash, verifyConsistency, verifyInclusion } from '../../../base/merkle.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { signEntry } from '../../../sidechain/chain/entry.ts';
import { encodeGap } from '../../../sidechain/chain/gap.ts';
import type { NewBlock } from '../../../sidechain/store/applier.ts';
import { readBlocks } from '../../../sidechain/store/block-table.ts';
import {
  batchEntry,
  chainId,
  gateway,
  packAt,
  schemaEntry,
  startMs,
  stranger,
} from '../chain/fixture.ts';
import { newChain, startNode, TestClock } from './rig.ts';
import { countingContract } from './test-contract.ts';

function batch(sequence: number) {
  return batchEntry(sequence, [packAt(startMs + sequence * 1_000, sequence)]);
}

test('an entry is on the chain when its promise says so', async () => {
  const { node } = await startNode(await newChain());
  expect(node.status()).toMatchObject({ role: 'leader', height: 0 });
  expect(await node.submit(schemaEntry())).toEqual({ kind: 'accepted', height: 1 });
  expect(node.nextSequence()).toBe(1);
  expect(await node.submit(batch(1))).toEqual({ kind: 'accepted', height: 2 });
  expect(node.nextSequence()).toBe(2);
  expect(node.status().outbox).toMatchObject({ count: 0, bytes: 0 });
});

test('numbers go on from what waits, not only from what is on the chain', async () => {
  const { node } = await startNode(await newChain());
  const schema = node.submit(schemaEntry());
  const first = node.submit(batch(node.nextSequence()));
  expect(node.nextSequence()).toBe(2);
  const second = node.submit(batch(node.nextSequence()));
  expect((await Promise.all([schema, first, second])).map(({ kind }) => kind)).toEqual(
    Array(3).fill('accepted'),
  );
});

test('an entry that the chain has already is known, which is as good as accepted', async () => {
  const { node } = await startNode(await newChain());
  await node.submit(schemaEntry());
  expect(await node.submit(schemaEntry())).toEqual({ kind: 'known', height: 2 });
});

test('an entry that no block can hold is not taken', async () => {
  const { node } = await startNode(await newChain());
  const packs = Array.from({ length: 1_100 }, () => new Uint8Array(4_000));
  await expect(node.submit(batchEntry(1, packs))).rejects.toMatchObject({
    code: 'entry-too-large',
  });
});

test('a number refused for good is given again, and those behind it are told', async () => {
  const { node } = await startNode(await newChain());
  const [one, two, three] = [batch(1), batch(2), batch(3)];
  const outcomes = [one, two, three].map((entry) => node.submit(entry));
  expect(
    (await Promise.all(outcomes)).map((applied) => 'reason' in applied && applied.reason),
  ).toEqual(['unknown-schema', 'gap', 'gap']);
  expect(node.nextSequence()).toBe(1);
  expect(node.status().outbox).toMatchObject({ count: 0, bytes: 0 });
  await node.submit(schemaEntry());
  expect(await node.submit(batch(1))).toMatchObject({ kind: 'accepted' });
  expect(await node.submit(batch(2))).toMatchObject({ kind: 'accepted' });
});

test('a gap takes the next number like a batch', async () => {
  const { node } = await startNode(await newChain());
  const payload = encodeGap({
    gateway: gateway.keyId as never,
    sequence: node.nextSequence() as never,
    device: 'urn:dev:ops:test-meter-1',
    fromMs: startMs,
    toMs: startMs + 1_000,
    reason: 'outbox-full',
    packCount: 7,
  });
  const gap = { entry: signEntry({ kind: 'gap', payload, chainId }, gateway) };
  expect(await node.submit(gap)).toMatchObject({ kind: 'accepted' });
  expect(node.nextSequence()).toBe(2);
});

test('listeners hear of each block in order, once it is durable', async () => {
  const contracts = [countingContract];
  const { node } = await startNode(await newChain(contracts), { contracts });
  const heard: NewBlock[] = [];
  const stop = node.onApplied((block) => {
    expect(node.durableSize).toBeGreaterThan(block.block.header.height);
    heard.push(block);
  });
  await node.submit(schemaEntry());
  await node.submit(batch(1));
  stop();
  await node.submit(batch(2));
  expect(heard.map(({ block }) => block.header.height)).toEqual([1, 2]);
  expect(heard[1]?.block.effects).toEqual([2]);
  expect(heard[1]?.body.entries).toHaveLength(1);
});

test.each(['before', 'after'] as const)(
  'a write that fails %s it ends the node',
  async (moment) => {
    // Two writes make it leader, one stores the entry, the next the log: that one fails.
    const crash = { write: 4, moment };
    const { node } = await startNode(await newChain(), { crash });
    const failure = { code: 'power-cut', retry: 'fatal' };
    await expect(node.submit(schemaEntry())).rejects.toMatchObject(failure);
    await expect(node.finished).rejects.toMatchObject(failure);
    await expect(node.submit(schemaEntry())).rejects.toMatchObject(failure);
    await expect(node.cosign()).rejects.toMatchObject(failure);
    expect(node.durableSize).toBe(1);
  },
);

test.each([3, 4, 5])(
  'while write %d stalls, nothing that follows from it happens',
  async (write) => {
    const { node, database, clock } = await startNode(await newChain());
    const heard: unknown[] = [];
    node.onApplied((block) => heard.push(block));
    const release = database.hold(write);
    const applied = node.submit(schemaEntry()).then((one) => {
      heard.push(one);
      return one;
    });
    for (let i = 0; i < 3; i++) await clock.pass(1_000);
    expect(database.writeCount).toBe(write);
    expect([heard, node.durableSize]).toEqual([[], 1]);
    release();
    expect(await applied).toEqual({ kind: 'accepted', height: 1 });
  },
);

test('a file that is locked for a while is waited for, but not for ever', async () => {
  const { node, database, clock, lines } = await startNode(await newChain());
  database.lockedWrites = 3;
  const applied = node.submit(schemaEntry());
  for (let i = 0; i <= 3; i++) await clock.pass(100);
  expect(await applied).toEqual({ kind: 'accepted', height: 1 });
  expect(lines.filter((line) => line.includes('write-retried'))).toHaveLength(3);

  database.lockedWrites = limits.storeWriteAttemptsMax;
  const lost = node.submit(schemaEntry()).catch((error) => error);
  for (let i = 0; i <= limits.storeWriteAttemptsMax; i++) await clock.pass(100);
  expect(await lost).toMatchObject({ code: 'database-locked' });
  await expect(node.finished).rejects.toMatchObject({ code: 'database-locked' });
});

test('what was submitted before the node closed is taken after it opens again', async () => {
  const dataDir = await newChain();
  const rules = { itemsMax: 10, ageMs: 1_000, heartbeatMs: 60_000 };
  const { node } = await startNode(dataDir, { rules });
  const waiting = node.submit(schemaEntry());
  await node.close();
  await expect(waiting).rejects.toMatchObject({ code: 'node-closed' });
  await expect(node.submit(schemaEntry())).rejects.toMatchObject({ code: 'node-closed' });
  const again = await startNode(dataDir);
  await again.clock.pass(0);
  expect(again.node.status()).toMatchObject({ height: 1, outbox: { count: 0 } });
});

test('a member that computes another block than before does not go on', async () => {
  const contracts = [countingContract];
  const dataDir = await newChain(contracts);
  // The eighth write stores the second block; the state on disk is still that of block 0.
  const crash = { write: 8, moment: 'after' } as const;
  const { node } = await startNode(dataDir, { contracts, crash });
  await node.submit(schemaEntry());
  await expect(Promise.all([node.submit(batch(1)), node.finished])).rejects.toThrow('power');
  await node.close();
  await expect(startNode(dataDir)).rejects.toMatchObject({ code: 'diverged', retry: 'fatal' });
});

test('only the gateway whose copy it is may run it', async () => {
  const { node } = await startNode(await newChain());
  const closedDir = await newChain();
  await node.close();
  await expect(startNode(closedDir, { signer: stranger })).rejects.toMatchObject({
    code: 'wrong-key',
  });
});

test('a node that was stopped for good never starts again', async () => {
  const dataDir = await newChain();
  const { node } = await startNode(dataDir);
  await node.stopForGood('the centre holds a newer checkpoint of ours');
  await expect(node.finished).rejects.toMatchObject({ code: 'chain-stopped', retry: 'fatal' });
  await node.close();
  await expect(startNode(dataDir)).rejects.toMatchObject({ code: 'chain-stopped' });
});

test('what the uplink keeps is kept', async () => {
  const dataDir = await newChain();
  const { node } = await startNode(dataDir);
  await node.uplink.put({ a: Uint8Array.of(1), b: Uint8Array.of(2) });
  await node.uplink.put({ a: undefined, b: Uint8Array.of(3) });
  await node.close();
  const again = await startNode(dataDir);
  expect(await again.node.uplink.get('a')).toBeUndefined();
  expect(await again.node.uplink.get('b')).toEqual(Uint8Array.of(3));
});

test('proofs of RFC 9162 go through groups of headers that are on disk only', async () => {
  const dataDir = await newChain();
  const clock = new TestClock();
  const { node } = await startNode(dataDir, { clock });
  const applied = [node.submit(schemaEntry())];
  for (let sequence = 1; sequence <= 600; sequence++) applied.push(node.submit(batch(sequence)));
  await Promise.all(applied);
  await node.close();

  const again = await startNode(dataDir, { clock });
  const { node: reopened, database } = again;
  const size = reopened.durableSize;
  expect(size).toBe(602);
  const rootAt = (at: number) => reopened.askHistory({ sizes: [at] }, (tree) => tree.root(at));
  for (const height of [0, 255, 256, 300, 601]) {
    const [row] = await readBlocks(database, { from: height, to: height });
    for (const at of [height + 1, 512, 600, size].filter((one) => one > height)) {
      const about = { sizes: [at], leaves: [height] };
      const path = await reopened.askHistory(about, (tree) => tree.inclusion(height, at));
      const hash = leafHash(suite, row?.headerBytes ?? new Uint8Array());
      const proof = { leafHash: hash, index: height, size: at, path, root: await rootAt(at) };
      expect(verifyInclusion(suite, proof)).toBe(true);
    }
  }
  for (const from of [1, 100, 256, 300, 602]) {
    const about = { sizes: [from, size] };
    const path = await reopened.askHistory(about, (tree) => tree.consistency(from, size));
    const [fromRoot, toRoot] = [await rootAt(from), await rootAt(size)];
    expect(verifyConsistency(suite, { from, to: size, fromRoot, toRoot, path })).toBe(true);
  }
});
