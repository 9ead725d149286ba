// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { u32 } from '../../../base/bytes.ts';
import { limits } from '../../../base/limits.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import type { BlockEntry } from '../../../sidechain/chain/block.ts';
import type { AppliedBlock } from '../../../sidechain/chain/ledger.ts';
import { Outbox } from '../../../sidechain/store/outbox.ts';
import { type Settlement, Submissions } from '../../../sidechain/store/submissions.ts';
import { newChain, TestDatabase } from './rig.ts';

const rules = { itemsMax: 1_024, ageMs: 0 };

async function open(database: TestDatabase): Promise<Submissions> {
  return Submissions.open(suite, await Outbox.open(database, limits.outboxBytesMax), rules);
}

function entryOf(number: number, bytes = 100): BlockEntry {
  const entry = new Uint8Array(bytes);
  entry.set(u32(number));
  return { entry };
}

function idOf({ entry }: BlockEntry): Uint8Array {
  return suite.sha256(entry);
}

/** A block, as far as it matters here. */
function blockOf(block: {
  readonly accepted?: readonly BlockEntry[];
  readonly refused?: readonly (readonly [BlockEntry, string])[];
}): AppliedBlock {
  const { accepted = [], refused = [] } = block;
  return {
    header: { height: 5 },
    accepted: accepted.map(idOf),
    refused: refused.map(([entry, reason]) => ({ id: idOf(entry), reason })),
  } as unknown as AppliedBlock;
}

async function carryOut(database: TestDatabase, settlement: Settlement): Promise<void> {
  await database.write(settlement.statements);
  settlement.finish();
}

async function add(
  submissions: Submissions,
  entry: BlockEntry,
  sequence?: number,
): Promise<unknown[]> {
  const told: unknown[] = [];
  submissions.add(idOf(entry), entry, { sequence, nowMs: 0 }).then(
    (applied) => told.push(applied),
    (error) => told.push(error),
  );
  return told;
}

test('nothing is in the pool before it is durable', async () => {
  const database = new TestDatabase(await newChain());
  const submissions = await open(database);
  submissions.openPool(0);
  await add(submissions, entryOf(1));
  expect(submissions.next()).toEqual([]);
  const arrivals = submissions.takeArrivals(0);
  expect(submissions.next()).toEqual([]);
  await carryOut(database, arrivals);
  expect(submissions.next()).toEqual([entryOf(1)]);
  await database.close();
});

test('what does not fit into memory is read back from the disk in its order', async () => {
  const database = new TestDatabase(await newChain());
  const submissions = await open(database);
  submissions.openPool(0);
  const bytes = 60_000;
  const count = Math.ceil((1.25 * limits.poolBytesMax) / bytes);
  const entries = Array.from({ length: count }, (_, i) => entryOf(i, bytes));
  for (const entry of entries) await add(submissions, entry);
  await carryOut(database, submissions.takeArrivals(0));

  const taken: BlockEntry[] = [];
  while (taken.length < count) {
    const next = submissions.next();
    expect(next.length).toBeGreaterThan(0);
    submissions.proposed(next.length);
    taken.push(...next);
    await carryOut(database, await submissions.settle(blockOf({ accepted: next }), 0));
    await submissions.refill(0);
  }
  expect(taken).toEqual(entries);
  expect(submissions.outbox).toMatchObject({ count: 0, bytes: 0 });
  await add(submissions, entryOf(9_999));
  await carryOut(database, submissions.takeArrivals(0));
  expect(submissions.next()).toEqual([entryOf(9_999)]);
  await database.close();
});

test('a restart finds what waits, in its order and with its numbers', async () => {
  const dataDir = await newChain();
  const database = new TestDatabase(dataDir);
  const before = await open(database);
  const packs = {
    secret: new Uint8Array(32).fill(1),
    packs: [Uint8Array.of(1, 2), new Uint8Array()],
  };
  const entries = [entryOf(1), { ...entryOf(2), packs }, entryOf(3)];
  for (const [i, entry] of entries.entries()) await add(before, entry, i === 0 ? undefined : 6 + i);
  await carryOut(database, before.takeArrivals(0));
  const after = await open(database);
  expect(after.outbox).toMatchObject({ count: 3, bytes: before.outbox.bytes });
  expect(after.nextSequence(2)).toBe(9);
  after.openPool(0);
  expect(after.next()).toEqual(entries);
  await database.close();
});

test('an entry that waits already is not taken again, also after a restart', async () => {
  const database = new TestDatabase(await newChain());
  const before = await open(database);
  await add(before, entryOf(1));
  await add(before, entryOf(1));
  await carryOut(database, before.takeArrivals(0));
  expect(before.outbox.count).toBe(1);

  const after = await open(database);
  after.openPool(0);
  const told = [await add(after, entryOf(1)), await add(after, entryOf(1))];
  expect(after.hasArrivals).toBe(false);
  expect(after.next()).toEqual([entryOf(1)]);
  await carryOut(database, await after.settle(blockOf({ accepted: [entryOf(1)] }), 0));
  await Promise.resolve();
  expect(told).toEqual(Array(2).fill([{ kind: 'accepted', height: 5 }]));
  expect(after.outbox).toMatchObject({ count: 0, bytes: 0 });
  await database.close();
});

test('a number that came too early is tried again while the one before waits', async () => {
  const database = new TestDatabase(await newChain());
  const submissions = await open(database);
  submissions.openPool(0);
  const [first, second] = [entryOf(1), entryOf(2)];
  const told = [await add(submissions, first, 1), await add(submissions, second, 2)];
  await carryOut(database, submissions.takeArrivals(0));
  submissions.proposed(2);
  const block = blockOf({ accepted: [first], refused: [[second, 'gap']] });
  await carryOut(database, await submissions.settle(block, 0));
  expect(submissions.next()).toEqual([second]);
  submissions.proposed(1);
  await carryOut(database, await submissions.settle(blockOf({ accepted: [second] }), 0));
  expect(told).toEqual([[{ kind: 'accepted', height: 5 }], [{ kind: 'accepted', height: 5 }]]);
  await database.close();
});

test('a refusal for good takes along the later numbers, wherever they wait', async () => {
  const database = new TestDatabase(await newChain());
  const submissions = await open(database);
  submissions.openPool(0);
  const [first, bad, pooled, unnumbered, arriving] = [1, 2, 3, 4, 5].map((n) => entryOf(n)) as [
    BlockEntry,
    BlockEntry,
    BlockEntry,
    BlockEntry,
    BlockEntry,
  ];
  const told = [
    await add(submissions, first, 1),
    await add(submissions, bad, 2),
    await add(submissions, pooled, 3),
    await add(submissions, unnumbered),
  ];
  await carryOut(database, submissions.takeArrivals(0));
  submissions.proposed(2);
  told.push(await add(submissions, arriving, 4));
  const block = blockOf({ accepted: [first], refused: [[bad, 'packs']] });
  await carryOut(database, await submissions.settle(block, 0));
  const refused = (reason: string) => [{ kind: 'refused', height: 5, reason }];
  expect(told).toEqual([
    [{ kind: 'accepted', height: 5 }],
    refused('packs'),
    refused('gap'),
    [],
    refused('gap'),
  ]);
  expect(submissions.next()).toEqual([unnumbered]);
  expect(submissions.hasArrivals).toBe(false);
  expect(submissions.nextSequence(1)).toBe(2);
  const again = await open(database);
  expect(again.outbox).toMatchObject({ count: 1, bytes: submissions.outbox.bytes });
  await database.close();
});

test('one who leads no more proposes nothing, and all that waits when it leads again', async () => {
  const database = new TestDatabase(await newChain());
  const submissions = await open(database);
  const entries = [entryOf(1), entryOf(2), entryOf(3)];
  submissions.openPool(0);
  for (const entry of entries.slice(0, 2)) await add(submissions, entry);
  await carryOut(database, submissions.takeArrivals(0));
  submissions.proposed(1);
  submissions.closePool();
  await add(submissions, entryOf(3));
  await carryOut(database, submissions.takeArrivals(0));
  expect(submissions.next()).toEqual([]);
  submissions.openPool(0);
  expect(submissions.next()).toEqual(entries);
  await database.close();
});

test('whoever still waits when the node ends is told so', async () => {
  const database = new TestDatabase(await newChain());
  const submissions = await open(database);
  const told = await add(submissions, entryOf(1));
  const end = new Error('the end');
  submissions.abandon(end);
  await Promise.resolve();
  await Promise.resolve();
  expect(told).toEqual([end]);
  await database.close();
});

test('a number that waits here and is on the chain of another entry is told', async () => {
  const database = new TestDatabase(await newChain());
  const submissions = await open(database);
  expect(submissions.doubledNumber(9)).toBeUndefined();
  await add(submissions, entryOf(1));
  await add(submissions, entryOf(2), 4);
  await add(submissions, entryOf(3), 5);
  await carryOut(database, submissions.takeArrivals(0));
  expect(submissions.doubledNumber(3)).toBeUndefined();
  expect(submissions.doubledNumber(4)).toBe(4);
  await carryOut(database, await submissions.settle(blockOf({ accepted: [entryOf(2)] }), 0));
  expect(submissions.doubledNumber(4)).toBeUndefined();
  await database.close();
});

test.each(['old', 'duplicate'])(
  'what is refused as %s is on the chain: nobody loses by it',
  async (reason) => {
    const database = new TestDatabase(await newChain());
    const submissions = await open(database);
    submissions.openPool(0);
    const entries = [entryOf(1), entryOf(2)] as const;
    const told = [await add(submissions, entries[0], 1), await add(submissions, entries[1], 2)];
    await carryOut(database, submissions.takeArrivals(0));
    const again = blockOf({ refused: [[entries[0], reason]] });
    await carryOut(database, await submissions.settle(again, 0));
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual([[{ kind: 'known', height: 5 }], []]);
    // What is numbered after it waits as before.
    expect(submissions.outbox).toMatchObject({ count: 1 });
    await database.close();
  },
);
