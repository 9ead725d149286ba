// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { signManualEntry } from '../../../sidechain/chain/manual-entry.ts';
import { keptEntryCount, readKept } from '../../../sidechain/store/archive-table.ts';
import { chainPath } from '../../../sidechain/store/chain-file.ts';
import { checkSegment } from '../../../sidechain/store/make-segment.ts';
import { archivePath, listSegments, withSegment } from '../../../sidechain/store/segment-file.ts';
import { chainId, engineer, startMs } from '../chain/fixture.ts';
import { anchoredChain, archiveAll, archived, auditOf, grow, rulesFor } from './archived.ts';
import { startNode, TestDatabase } from './rig.ts';

const sound = { ok: true, checkedFrom: 0, entryCount: 603, receiptSize: 600, cosignedSize: 600 };
const names = ['00000000-00000255.tla', '00000256-00000511.tla'];

test('old blocks under a receipt go into segments, and what is left goes on', async () => {
  const dataDir = await anchoredChain();
  const rig = await archiveAll(dataDir);
  expect(rig.node.status().archive?.keptFrom).toBe(512);
  expect(readdirSync(archivePath(dataDir))).toEqual(names);
  // A proof through headers that are in a segment.
  const path = await rig.node.askHistory({ sizes: [600], leaves: [3] }, (tree) =>
    tree.inclusion(3, 600),
  );
  expect(path.length).toBeGreaterThan(8);
  await rig.node.close();
  expect(await auditOf(dataDir)).toMatchObject(sound);
  const database = new TestDatabase(dataDir, { readOnly: true });
  expect((await readKept(database)).height).toBe(512);
  expect(await database.read('SELECT min(height) AS low FROM block')).toEqual([{ low: 512 }]);
  expect(await keptEntryCount(database)).toBe(0);
  await database.close();
  const again = await startNode(dataDir, { archive: rulesFor(dataDir) });
  await grow(again, 1);
  expect(again.node.status()).toMatchObject({ receiptSize: 600 });
  await again.node.close();
  expect(await auditOf(dataDir)).toMatchObject({ ...sound, entryCount: 604 });
});

test.each(
  [1, 2, 3, 4, 5, 6, 7].flatMap((write) => [
    { write, moment: 'before' as const },
    { write, moment: 'after' as const },
  ]),
)('power gone $moment write $write: each block is somewhere, and it goes on', async (crash) => {
  const dataDir = await anchoredChain();
  const rig = await startNode(dataDir, { archive: rulesFor(dataDir), crash });
  await archived(rig);
  await rig.node.close();
  expect(await auditOf(dataDir)).toMatchObject(sound);
  const again = await archiveAll(dataDir);
  expect(again.node.status().archive?.keptFrom).toBe(512);
  await again.node.close();
  expect(readdirSync(archivePath(dataDir))).toEqual(names);
  expect(await auditOf(dataDir)).toMatchObject(sound);
});

test('what an interrupted writing has left is overwritten', async () => {
  const dataDir = await anchoredChain();
  const directory = archivePath(dataDir);
  mkdirSync(directory);
  for (const name of names) writeFileSync(join(directory, name), 'half of a segment');
  writeFileSync(join(directory, `${names[0]}.new`), 'another half');
  const rig = await archiveAll(dataDir);
  await rig.node.close();
  expect(readdirSync(directory)).toEqual(names);
  expect(await auditOf(dataDir)).toMatchObject({ ok: true, checkedFrom: 0 });
});

test.each([
  ['no receipt', { retentionMs: 0 }, "DELETE FROM state WHERE key = 'chain/receipt'"],
  ['time', { retentionMs: 3_600_000 }, undefined],
  ['the uplink', { neededFrom: async () => 255 }, undefined],
])('nothing goes while %s keeps it', async (_, more, sql) => {
  const dataDir = await anchoredChain();
  if (sql !== undefined) {
    const database = new TestDatabase(dataDir);
    await database.write([{ sql }]);
    await database.close();
  }
  const rig = await archiveAll(dataDir, rulesFor(dataDir, more));
  expect(rig.node.status().archive?.keptFrom).toBe(0);
  expect(existsSync(archivePath(dataDir))).toBe(false);
});

test('a rotten entry is not archived, and no row of its segment is deleted', async () => {
  const dataDir = await anchoredChain();
  const database = new TestDatabase(dataDir);
  await database.write([{ sql: "UPDATE log SET data = x'00' WHERE idx = 300" }]);
  await database.close();
  const rig = await archiveAll(dataDir);
  expect(rig.node.status().archive?.keptFrom).toBe(256);
  expect(rig.lines.join('')).toContain('archive-failed');
  expect(readdirSync(archivePath(dataDir))).toEqual([names[0]]);
});

test('the disk keeps to its bound: blocks go early, and then the oldest segments', async () => {
  const dataDir = await anchoredChain();
  const tight = { retentionMs: 1e12, segmentGroups: 16, diskBytesMax: 1 };
  const rig = await archiveAll(dataDir, rulesFor(dataDir, tight));
  expect(rig.node.status().archive).toMatchObject({ keptFrom: 512, archiveBytes: 0 });
  expect(readdirSync(archivePath(dataDir))).toEqual([]);
  expect(rig.lines.join('')).toContain('segment-removed');
  expect(rig.lines.join('')).toContain('disk-over');
  await rig.node.close();
  expect(await auditOf(dataDir)).toMatchObject({ ok: true, checkedFrom: 512, receiptSize: 600 });
});

test('half of the bound is for blocks, and what the file does not give back counts', async () => {
  const dataDir = await anchoredChain();
  const fileBytes = statSync(chainPath(dataDir)).size;
  // Nothing is old, and all of it together is less than the bound: but segments need room beside it.
  const early = { retentionMs: 1e12, diskBytesMax: 1.5 * fileBytes };
  const rig = await archiveAll(dataDir, rulesFor(dataDir, early));
  expect(rig.node.status().archive).toMatchObject({ keptFrom: 256, databaseBytes: fileBytes });
  await rig.node.close();
  const [first] = await listSegments(archivePath(dataDir));
  const segmentBytes = first?.bytes ?? 0;
  const less = { diskBytesMax: fileBytes + 1.5 * segmentBytes };
  const again = await archiveAll(dataDir, rulesFor(dataDir, less));
  await again.node.close();
  expect(readdirSync(archivePath(dataDir))).toEqual(names.slice(1));
});

test.each([
  { bound: 1.7, keptFrom: 0 },
  { bound: 1.5, keptFrom: 512 },
])(
  'with $bound of its file a chain that has no whole segment is archived up to $keptFrom',
  async ({ bound, keptFrom }) => {
    const dataDir = await anchoredChain();
    const diskBytesMax = bound * statSync(chainPath(dataDir)).size;
    const rules = rulesFor(dataDir, { retentionMs: 1e12, segmentGroups: 16, diskBytesMax });
    const rig = await archiveAll(dataDir, rules);
    expect(rig.node.status().archive).toMatchObject({ keptFrom });
    await rig.node.close();
  },
);

test('without its segments a chain is verified with what its persons have signed', async () => {
  const dataDir = await anchoredChain();
  const rig = await archiveAll(dataDir);
  const said = { kind: 'inspection', subject: 'meter', text: 'seal intact', reason: null } as const;
  const manual = { ...said, sequence: 1, timeMs: startMs, values: [] };
  const entry = signManualEntry(manual, chainId, engineer);
  expect(await rig.node.submit({ entry })).toMatchObject({ kind: 'accepted' });
  await rig.node.close();
  rmSync(archivePath(dataDir), { recursive: true });
  expect(await auditOf(dataDir)).toMatchObject({ ok: true, checkedFrom: 512, receiptSize: 600 });
});

test.each([
  ['an entry', 'UPDATE log SET data = zeroblob(length(data)) WHERE idx = 540'],
  ['a header', "UPDATE block SET header = x'a0' WHERE height = 530"],
  [
    'a link',
    'UPDATE block SET header = (SELECT header FROM block WHERE height = 599) WHERE height = 540',
  ],
  [
    'a tree hash that is all there is of its group',
    'UPDATE history SET hash = zeroblob(32) WHERE position = 1',
  ],
])('without its segments a chain is verified from what is kept: %s', async (_, sql) => {
  const dataDir = await anchoredChain();
  const rig = await archiveAll(dataDir);
  await rig.node.close();
  rmSync(archivePath(dataDir), { recursive: true });
  expect(await auditOf(dataDir)).toMatchObject({ ok: true, checkedFrom: 512, receiptSize: 600 });
  const database = new TestDatabase(dataDir);
  await database.write([{ sql }]);
  await database.close();
  expect(await auditOf(dataDir)).toMatchObject({ ok: false });
});

test('a segment of other blocks is told from that of this chain', async () => {
  const dataDir = await anchoredChain();
  const rig = await archiveAll(dataDir);
  await rig.node.close();
  const [first] = await listSegments(archivePath(dataDir));
  const check = async () => {
    const database = new TestDatabase(dataDir, { readOnly: true });
    try {
      return await withSegment(first?.path ?? '', (source) =>
        checkSegment(suite, database, source),
      );
    } finally {
      await database.close();
    }
  };
  expect(await check()).toMatchObject({ from: 0, to: 255, blockCount: 256, last: { index: 256 } });
  const database = new TestDatabase(dataDir);
  await database.write([{ sql: 'UPDATE history SET hash = zeroblob(32) WHERE position = 0' }]);
  await expect(check()).rejects.toMatchObject({ code: 'segment-damaged' });
  await database.write([{ sql: 'DELETE FROM history WHERE position = 0' }]);
  await database.close();
  await expect(check()).rejects.toMatchObject({ code: 'other-chain' });
});
