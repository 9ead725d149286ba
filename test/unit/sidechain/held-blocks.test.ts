// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import type { Committed } from '../../../sidechain/store/submissions.ts';
import { gateway } from '../chain/fixture.ts';
import { emptyBatch } from './empty-batch.ts';
import { type Crash, eagerRules, newChain, startNode } from './rig.ts';

const rules = { ...eagerRules, holdMs: 1_000 };

function batch(sequence: number, chainId: Uint8Array) {
  return emptyBatch(sequence, { signer: gateway, chainId });
}

test('an applied block is stored with the next write, and told of then', async () => {
  const { node, database, clock } = await startNode(await newChain(), { rules });
  const heights: number[] = [];
  node.onApplied(({ block }) => heights.push(block.header.height));
  const first = node.submit(batch(1, node.chainId));
  await clock.pass(0);
  const written = database.writeCount;
  expect(heights, 'held').toEqual([]);
  expect(node.durableSize).toBe(1);
  const second = node.submit(batch(2, node.chainId));
  await clock.pass(0);
  expect(await first).toMatchObject({ kind: 'accepted', height: 1 });
  expect(heights).toEqual([1]);
  expect(database.writeCount - written, 'outbox with the first block, then the log').toBe(2);
  await clock.pass(rules.holdMs);
  expect(await second).toMatchObject({ kind: 'accepted', height: 2 });
  expect(node.durableSize).toBe(3);
});

test('who asks hears of a commit before the block is stored, once and with its time', async () => {
  const told: Committed[] = [];
  const onCommitted = (one: Committed) => told.push(one);
  const { node, clock } = await startNode(await newChain(), { rules, onCommitted });
  const given = batch(1, node.chainId);
  const applied = node.submit(given);
  await clock.pass(0);
  expect(node.durableSize, 'held').toBe(1);
  expect(told).toEqual([{ id: suite.sha256(given.entry), afterMs: 0 }]);
  await clock.pass(rules.holdMs);
  expect(await applied).toMatchObject({ kind: 'accepted' });
  expect(told).toHaveLength(1);
});

test('it waits no longer than it may', async () => {
  const { node, clock } = await startNode(await newChain(), { rules });
  const applied = node.submit(batch(1, node.chainId));
  await clock.pass(0);
  await clock.pass(rules.holdMs - 1);
  expect(node.durableSize).toBe(1);
  await clock.pass(1);
  expect(node.durableSize).toBe(2);
  expect(await applied).toMatchObject({ kind: 'accepted' });
});

test('what is held when the node is closed is stored', async () => {
  const dataDir = await newChain();
  const { node, clock } = await startNode(dataDir, { rules });
  void node.submit(batch(1, node.chainId)).catch(() => {});
  await clock.pass(0);
  await node.close();
  const again = await startNode(dataDir, { rules });
  expect(again.node.durableSize).toBe(2);
  expect(again.node.status().outbox.count).toBe(0);
});

test('a crash before it is stored makes the next start apply it again', async () => {
  const store = async (crash?: Crash) => {
    const dataDir = await newChain();
    const { node, database, clock } = await startNode(dataDir, { rules, crash });
    node.finished.catch(() => {});
    void node.submit(batch(1, node.chainId)).catch(() => {});
    await clock.pass(0);
    await clock.pass(rules.holdMs);
    return { dataDir, node, database };
  };
  const whole = await store();
  expect(whole.node.durableSize).toBe(2);

  const cut = await store({ write: whole.database.writeCount, moment: 'before' });
  expect(cut.node.durableSize, 'nobody was told').toBe(1);
  await cut.node.close();
  const again = await startNode(cut.dataDir, { rules });
  await again.clock.pass(rules.holdMs);
  expect(again.node.durableSize).toBe(2);
  expect(again.node.status().outbox.count).toBe(0);
});
