// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import type { NewBlock } from '../../../sidechain/store/applier.ts';
import { batchEntry, packAt, schemaEntry, startMs } from '../chain/fixture.ts';
import { newChain, type RigOptions, startNode, TestClock } from './rig.ts';

/** A node and what it makes: for each block its height, how many entries it holds, and its time. */
async function cutter(options: RigOptions) {
  const rig = await startNode(await newChain(), options);
  const blocks: { height: number; entries: number; timeMs: number }[] = [];
  rig.node.onApplied(({ block, body }: NewBlock) => {
    const { height, timeMs } = block.header;
    blocks.push({ height, entries: body.entries.length, timeMs: timeMs - startMs });
  });
  return { ...rig, blocks };
}

const never = 10 ** 9;

function emptyBatch(sequence: number, timeMs = startMs) {
  return batchEntry(sequence, [], { timeMs });
}

test('the N-th entry cuts a block at once (S0-06)', async () => {
  const rules = { itemsMax: 3, ageMs: never, heartbeatMs: never };
  const { node, clock, blocks } = await cutter({ rules });
  for (let i = 1; i <= 7; i++) void node.submit(emptyBatch(i)).catch(() => {});
  await clock.pass(0);
  expect(blocks.map(({ entries }) => entries)).toEqual([3, 3]);
});

test('an entry waits no longer than the age, with all that have come (S0-06)', async () => {
  const rules = { itemsMax: 100, ageMs: 1_000, heartbeatMs: never };
  const { node, clock, blocks } = await cutter({ rules });
  void node.submit(emptyBatch(1)).catch(() => {});
  await clock.pass(0);
  await clock.pass(900);
  void node.submit(emptyBatch(2)).catch(() => {});
  await clock.pass(99);
  expect(blocks).toEqual([]);
  await clock.pass(1);
  expect(blocks.map(({ entries }) => entries)).toEqual([2]);
});

/** Without a synchronised clock the windows of the chain stand still with its time. */
function idleClock(): TestClock {
  const clock = new TestClock();
  clock.clockState = 'unset';
  return clock;
}

test('an empty pool cuts no block, but for the heartbeat (S0-06)', async () => {
  const rules = { itemsMax: 1, ageMs: 0, heartbeatMs: 1_000 };
  const { clock, blocks } = await cutter({ rules, clock: idleClock() });
  await clock.pass(999);
  expect(blocks).toEqual([]);
  await clock.pass(1);
  await clock.pass(500);
  await clock.pass(500);
  expect(blocks.map(({ entries }) => entries)).toEqual([0, 0]);
});

test('for want of entries an empty block closes a window at its end and grace', async () => {
  // The fixture's windows are 10 s long and have 2 s of grace.
  const rules = { itemsMax: 1, ageMs: 0, heartbeatMs: never };
  const { clock, blocks } = await cutter({ rules });
  for (let i = 0; i < 23; i++) await clock.pass(1_000);
  expect(blocks).toEqual([
    { height: 1, entries: 0, timeMs: 2_000 },
    { height: 2, entries: 0, timeMs: 12_000 },
    { height: 3, entries: 0, timeMs: 22_000 },
  ]);
});

test('a block with entries that is late enough closes the window, too', async () => {
  const rules = { itemsMax: 1, ageMs: 0, heartbeatMs: never };
  const { node, clock, blocks } = await cutter({ rules });
  await clock.pass(2_000);
  clock.wallMs += 10_000;
  await node.submit(schemaEntry());
  await clock.pass(0);
  expect(blocks.map(({ entries, timeMs }) => [entries, timeMs])).toEqual([
    [0, 2_000],
    [1, 12_000],
  ]);
});

test('a clock that runs ahead of all batches cuts no block after block', async () => {
  const rules = { itemsMax: 1, ageMs: 0, heartbeatMs: never };
  const { node, clock, blocks } = await cutter({ rules });
  await node.submit(schemaEntry());
  await node.submit(batchEntry(1, [packAt(startMs, 1)], { timeMs: startMs }));
  clock.wallMs += 3_600_000;
  for (let i = 0; i < 10; i++) await clock.pass(100);
  // Held down to 5 s after the newest batch: past the grace of the first window, and no further.
  expect(blocks.slice(2)).toEqual([{ height: 3, entries: 0, timeMs: 5_000 }]);
});

test('a free-running clock is asked at the start, then only for what has elapsed', async () => {
  const rules = { itemsMax: 1, ageMs: 0, heartbeatMs: 1_000 };
  const clock = new TestClock();
  clock.clockState = 'free-running';
  clock.wallMs += 60_000;
  const { blocks } = await cutter({ rules, clock });
  await clock.pass(0);
  clock.wallMs -= 50_000;
  await clock.pass(1_000);
  await clock.pass(1_000);
  expect(blocks.map(({ timeMs }) => timeMs)).toEqual([60_000, 61_000, 62_000]);
});
