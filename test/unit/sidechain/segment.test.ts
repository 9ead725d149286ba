// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concat } from '../../../base/bytes.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { groupSize } from '../../../base/tree.ts';
import {
  readSegmentHead,
  type SegmentBytes,
  type SegmentItem,
  SegmentWriter,
  walkSegment,
} from '../../../sidechain/store/segment.ts';
import { walkArchivedBlocks } from '../../../sidechain/store/segment-blocks.ts';
import { archivePath, listSegments } from '../../../sidechain/store/segment-file.ts';
import { anchoredChain, archiveAll } from './archived.ts';

let made: { readonly bytes: Uint8Array; readonly items: readonly SegmentItem[] } | undefined;

/** A segment of a small chain; made once. */
async function segment() {
  if (made !== undefined) return made;
  const dataDir = await anchoredChain();
  await (await archiveAll(dataDir)).node.close();
  const [, second] = await listSegments(archivePath(dataDir));
  const bytes = new Uint8Array(readFileSync(second?.path ?? ''));
  made = { bytes, items: await allOf(walkSegment(sourceOf(bytes))) };
  return made;
}

async function allOf<T>(walk: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const one of walk) all.push(one);
  return all;
}

function sourceOf(given: Uint8Array): SegmentBytes {
  const read = async (at: number, length: number) => given.slice(at, at + length);
  return { name: 'segment', length: given.length, read };
}

function written(given: readonly SegmentItem[]): Uint8Array {
  const writer = new SegmentWriter();
  return concat(...given.map((item) => writer.add(item)), writer.end());
}

async function blocksIn(given: Uint8Array): Promise<number> {
  return (await allOf(walkArchivedBlocks(suite, sourceOf(given)))).length;
}

test('what was written is read, item by item, and written again is the same', async () => {
  const { bytes, items } = await segment();
  expect(await readSegmentHead(sourceOf(bytes))).toMatchObject({ from: 256, to: 511 });
  expect(written(items)).toEqual(bytes);
  expect(await blocksIn(bytes)).toBe(groupSize);
});

test('any bit that flips is found', async () => {
  const { bytes } = await segment();
  const flips = fc.tuple(fc.nat(bytes.length - 1), fc.nat(7));
  await fc.assert(
    fc.asyncProperty(flips, async ([at, bit]) => {
      const flipped = bytes.with(at, (bytes[at] ?? 0) ^ (1 << bit));
      await expect(blocksIn(flipped)).rejects.toMatchObject({ code: 'segment-damaged' });
    }),
    { seed: 1, numRuns: 80 },
  );
});

test('whatever is cut off or added is found', async () => {
  const { bytes } = await segment();
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), async (length) => {
      const cut = bytes.slice(0, length);
      await expect(blocksIn(cut)).rejects.toMatchObject({ code: 'segment-damaged' });
    }),
    { seed: 2, numRuns: 60 },
  );
  const longer = concat(bytes, Uint8Array.of(0));
  await expect(blocksIn(longer)).rejects.toMatchObject({ code: 'segment-damaged' });
});

test('bytes that are no segment are refused', async () => {
  const { bytes } = await segment();
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (tail) => {
      const begun = concat(bytes.slice(0, 4), tail);
      await expect(blocksIn(begun)).rejects.toMatchObject({ code: 'segment-damaged' });
      await expect(blocksIn(tail)).rejects.toMatchObject({ code: 'segment-damaged' });
    }),
    { seed: 3, numRuns: 200 },
  );
});

test.each<[string, (all: readonly SegmentItem[]) => readonly SegmentItem[]]>([
  ['no head', (all) => all.slice(1)],
  ['two heads', ([head, ...rest]) => (head === undefined ? rest : [head, head, ...rest])],
  ['an entry missing', (all) => without(all, 'entry')],
  ['a block missing', (all) => without(all, 'block')],
  ['no tree hash', (all) => without(all, 'group')],
  ['two tree hashes', (all) => [...all, ...all.slice(-1)]],
  ['half a group', (all) => all.slice(0, all.length / 2)],
  [
    'blocks in another order',
    (all) => [...all.slice(0, 1), ...all.slice(3, 5), ...all.slice(1, 3)],
  ],
  [
    'another chain’s head',
    (all) => all.map((it) => altered(it, 'head', { chainId: new Uint8Array(32) })),
  ],
  ['another body', (all) => all.map((it) => altered(it, 'entry', { data: new Uint8Array(3) }))],
  [
    'another tree hash',
    (all) => all.map((it) => altered(it, 'group', { hash: new Uint8Array(32) })),
  ],
])('well written, and wrong: %s', async (_, change) => {
  const changed = written(change((await segment()).items));
  await expect(blocksIn(changed)).rejects.toMatchObject({ code: 'segment-damaged' });
});

function without(all: readonly SegmentItem[], kind: SegmentItem['kind']): readonly SegmentItem[] {
  return all.toSpliced(
    all.findIndex((item) => item.kind === kind),
    1,
  );
}

function altered(item: SegmentItem, kind: SegmentItem['kind'], change: object): SegmentItem {
  return item.kind === kind ? { ...item, ...change } : item;
}
