// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { limits } from '../../../base/limits.ts';
import { type BlockEntry, decodeBlock, encodeBlock } from '../../../sidechain/chain/block.ts';
import { blockEntryBytes, fitsIntoBlock, Pool } from '../../../sidechain/chain/pool.ts';
import { startMs } from './fixture.ts';

function item(name: number, bytes = 10) {
  return { name, entry: { entry: new Uint8Array(bytes) } };
}

function names(items: readonly { name: number }[]): readonly number[] {
  return items.map(({ name }) => name);
}

test('N entries are due at once, fewer when the oldest has waited long enough (S0-06)', () => {
  const pool = new Pool<ReturnType<typeof item>>({ itemsMax: 3, ageMs: 1_000 });
  expect(pool.isDue(10 ** 9)).toBe(false);
  pool.add(item(1), 100);
  pool.add(item(2), 900);
  expect(pool.isDue(1_099)).toBe(false);
  expect(pool.isDue(1_100)).toBe(true);
  pool.add(item(3), 950);
  expect(pool.isDue(950)).toBe(true);
  pool.add(item(4), 950);
  expect(names(pool.next())).toEqual([1, 2, 3]);
  expect(pool.length).toBe(4);
  pool.remove(3);
  expect(names(pool.next())).toEqual([4]);
  expect(pool.isDue(1_949)).toBe(false);
});

test('a block that is full in bytes is due, and holds no more than fits', () => {
  const pool = new Pool<ReturnType<typeof item>>({ itemsMax: 1_000, ageMs: 10 ** 9 });
  const bytes = limits.blockBytesMax / 4;
  for (let name = 1; name <= 3; name++) pool.add(item(name, bytes), 0);
  expect(pool.isDue(0)).toBe(false);
  pool.add(item(4, bytes), 0);
  expect(pool.isDue(0)).toBe(true);
  expect(names(pool.next())).toEqual([1, 2, 3]);
  pool.remove(3);
  expect(pool.bytes).toBe(blockEntryBytes(item(4, bytes).entry));
});

test('the hopeless are taken out, the others keep their order', () => {
  const pool = new Pool<ReturnType<typeof item>>({ itemsMax: 10, ageMs: 0 });
  for (let name = 1; name <= 5; name++) pool.add(item(name), 0);
  pool.removeIf(({ name }) => name % 2 === 0);
  expect(names(pool.next())).toEqual([1, 3, 5]);
  pool.clear();
  expect([pool.length, pool.bytes, pool.isDue(10)]).toEqual([0, 0, false]);
});

test('what a pool says fits into a block does, encoded', () => {
  const bytes = fc.integer({ min: 0, max: limits.packBytesMax });
  const entry: fc.Arbitrary<BlockEntry> = fc
    .record({ entry: bytes, packs: fc.array(bytes, { maxLength: 8 }), bare: fc.boolean() })
    .map(({ entry: size, packs, bare }) => ({
      entry: new Uint8Array(size),
      ...(bare
        ? {}
        : {
            packs: { secret: new Uint8Array(32), packs: packs.map((one) => new Uint8Array(one)) },
          }),
    }));
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 16 }), (entries) => {
      const block = encodeBlock({
        timeMs: startMs,
        clock: { state: 'unset', errorMs: 10 ** 9 },
        secret: new Uint8Array(32),
        entries,
      });
      const estimate = entries.reduce((sum, one) => sum + blockEntryBytes(one), 0);
      expect(block.length).toBeLessThanOrEqual(estimate + limits.blockOverheadBytes);
    }),
    { seed: 6, numRuns: 100 },
  );
});

test('the largest entry that fits makes a block that is read back', () => {
  const packs = Array.from({ length: 1_019 }, () => new Uint8Array(limits.packBytesMax));
  const entry = { entry: new Uint8Array(1_000), packs: { secret: new Uint8Array(32), packs } };
  expect(fitsIntoBlock(entry)).toBe(true);
  const block = {
    timeMs: 0,
    clock: { state: 'unset', errorMs: null },
    secret: new Uint8Array(32),
  } as const;
  expect(decodeBlock(encodeBlock({ ...block, entries: [entry] })).ok).toBe(true);
  const more = { ...entry, packs: { ...entry.packs, packs: [...packs, ...packs.slice(0, 4)] } };
  expect(fitsIntoBlock(more)).toBe(false);
});
