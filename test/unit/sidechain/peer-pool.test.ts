// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { limits } from '../../../base/limits.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import type { BlockEntry } from '../../../sidechain/chain/block.ts';
import { fairShare } from '../../../sidechain/store/fair-share.ts';
import { PeerPool } from '../../../sidechain/store/peer-pool.ts';
import {
  batchEntry,
  bodyOf,
  schemaEntry,
  startMs,
  stranger,
  TestChain,
  verdicts,
} from '../chain/fixture.ts';

const rules = { itemsMax: 10, ageMs: 1_000 };

function poolOf(chain: TestChain): PeerPool {
  return new PeerPool({ suite, registry: chain.ledger.registry, verdicts, rules });
}

test('entries are taken once, in the order of their numbers, and signed by a member', () => {
  const pool = poolOf(new TestChain());
  expect(pool.admit(2, batchEntry(2, []), 0)).toBe('gap');
  expect(pool.admit(2, batchEntry(1, []), 0)).toBe('taken');
  expect(pool.admit(3, batchEntry(1, []), 0)).toBe('taken');
  expect(pool.admit(2, batchEntry(2, []), 0)).toBe('taken');
  expect(pool.admit(2, batchEntry(1, [], { signer: stranger }), 0)).toBe('refused');
  expect(pool.admit(2, { entry: new Uint8Array(9) }, 0)).toBe('refused');
  const forged = schemaEntry().entry.map((byte, i, { length }) =>
    i === length - 1 ? byte ^ 1 : byte,
  );
  expect(pool.admit(2, { entry: forged }, 0)).toBe('refused');
  expect(pool.length).toBe(2);
});

test('what is on the chain is taken, and waits for nothing', () => {
  const chain = new TestChain();
  chain.apply(bodyOf(startMs, [batchEntry(1, [])]));
  const pool = poolOf(chain);
  expect([pool.admit(2, batchEntry(1, []), 0), pool.length]).toEqual(['taken', 0]);
});

test('a lane has its share of room, and one entry always fits', () => {
  const pool = poolOf(new TestChain());
  const packs = Array.from({ length: 900 }, () => new Uint8Array(4_000));
  expect(pool.admit(2, batchEntry(1, packs), 0)).toBe('taken');
  expect(pool.bytes).toBeLessThan(limits.submitWaitingBytesMax);
  expect(pool.admit(2, batchEntry(2, packs), 0)).toBe('full');
  expect(pool.admit(3, schemaEntry(), 0)).toBe('taken');
});

test('a number that a block has refused takes those behind it along', () => {
  const pool = poolOf(new TestChain());
  const chain = new TestChain();
  const packs = [new Uint8Array(10)];
  const first = batchEntry(1, packs);
  for (const entry of [first, batchEntry(2, []), schemaEntry()]) pool.admit(2, entry, 0);
  pool.proposed(2, 1);
  pool.applied(chain.apply(bodyOf(startMs, [first])));
  expect(pool.next().map(({ entries }) => entries.length)).toEqual([1]);
  expect(pool.admit(2, batchEntry(2, []), 0)).toBe('gap');
  expect(pool.admit(2, batchEntry(1, []), 0)).toBe('taken');
});

function lane(count: number, bytes: number): BlockEntry[] {
  return Array.from({ length: count }, () => ({ entry: new Uint8Array(bytes) }));
}

test('a block has room for all lanes alike', () => {
  expect(fairShare([lane(100, 9), lane(2, 9), []], 10).counts).toEqual([8, 2, 0]);
  const large = 60_000;
  const share = fairShare([lane(100, large), lane(100, large)], 1_000);
  const [one = 0, other = 0] = share.counts;
  expect(one - other).toBeLessThanOrEqual(1);
  expect(other).toBeGreaterThan(30);
  const bytes = share.entries.reduce((sum, { entry }) => sum + entry.length, 0);
  expect(bytes).toBeLessThanOrEqual(limits.blockBytesMax - limits.blockOverheadBytes);
});
