// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  exportArchive,
  listArchive,
  restoreSegment,
  verifyArchive,
} from '../../../agent/archive.ts';
import { archiveRules } from '../../../agent/archive-rules.ts';
import { auditDataDirectory, auditText } from '../../../agent/chain-audit.ts';
import { gatewayContracts } from '../../../agent/contracts.ts';
import { makeProof } from '../../../agent/make-proof.ts';
import { toHex } from '../../../base/bytes.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { compactDatabase } from '../../../host/sqlite-compact.ts';
import { openGenesis } from '../../../sidechain/chain/genesis.ts';
import { parseTrustedKeys } from '../../../sidechain/chain/trusted-keys.ts';
import { verifyBundle } from '../../../sidechain/chain/verify-bundle.ts';
import { chainPath } from '../../../sidechain/store/chain-file.ts';
import { archivePath } from '../../../sidechain/store/segment-file.ts';
import {
  batchEntry,
  gateway,
  genesisBytes,
  packAt,
  schemaEntry,
  startMs,
} from '../chain/fixture.ts';
import { archived, rulesFor } from '../sidechain/archived.ts';
import { receiptEntry } from '../sidechain/receipt-entry.ts';
import { newChain, startNode, temporaryDirectory } from '../sidechain/rig.ts';

const opened = openGenesis(suite, genesisBytes);
if (!opened.ok) throw new Error(opened.detail);
const contracts = gatewayContracts(opened.value.genesis);
const early = `${toHex(gateway.keyId)}-7-0`;
const names = ['00000000-00000255.tla'];

/** A gateway whose first 256 blocks, with readings, are in a segment. */
async function archivedGateway(): Promise<string> {
  const dataDir = await newChain(contracts);
  const rig = await startNode(dataDir, { contracts });
  await rig.node.submit(schemaEntry());
  const packed = (n: number) => batchEntry(n, [packAt(startMs + n * 1_000, n)]);
  await Promise.all(
    Array.from({ length: 300 }, (_, i) =>
      rig.node.submit(i < 20 ? packed(i + 1) : batchEntry(i + 1, [])),
    ),
  );
  await rig.node.submit(receiptEntry((await rig.node.cosign()).note));
  await rig.node.close();
  const again = await startNode(dataDir, { contracts, archive: rulesFor(dataDir) });
  await archived(again);
  await again.node.close();
  expect(readdirSync(archivePath(dataDir))).toEqual(names);
  return dataDir;
}

test('a reading that is in a segment only is proved, also from a segment far away', async () => {
  const dataDir = await archivedGateway();
  const prove = (segment?: string) =>
    makeProof(suite, { dataDir, reading: early, segment, nowMs: 0 });
  const proof = await prove();
  const keys = parseTrustedKeys(suite, proof.keys);
  expect(keys.ok && verifyBundle(suite, proof.bundle, keys.value).status).toBe('valid');
  const away = temporaryDirectory();
  const [exported] = await exportArchive(suite, { dataDir, to: away, remove: true });
  await expect(prove()).rejects.toMatchObject({
    code: 'no-reading',
    hint: expect.stringContaining('--segment'),
  });
  expect(await prove(exported?.path)).toEqual(proof);
  const latest = makeProof(suite, {
    dataDir,
    reading: 'latest',
    segment: exported?.path,
    nowMs: 0,
  });
  expect((await latest).readingId).toBe(`${toHex(gateway.keyId)}-20-0`);
});

test('segments go and come back, and are known again', async () => {
  const dataDir = await archivedGateway();
  const [to, audit] = [temporaryDirectory(), () => auditDataDirectory(suite, dataDir, () => {})];
  expect(auditText(await audit())).not.toContain('unchecked');
  expect(await verifyArchive(suite, dataDir, [])).toMatchObject([{ ok: true, from: 0, to: 255 }]);
  await exportArchive(suite, { dataDir, to, remove: false });
  expect((await listArchive(dataDir)).segments).toMatchObject([{ from: 0, isHere: true }]);
  const [exported] = await exportArchive(suite, { dataDir, to, remove: true });
  const segment = exported?.path ?? '';
  expect(await listArchive(dataDir)).toMatchObject({
    keptFrom: 256,
    segments: [{ name: names[0], to: 255, isHere: false }],
  });
  expect(auditText(await audit())).toContain('unchecked blocks 0 to 255');
  const damaged = join(to, 'damaged.tla');
  const bytes = readFileSync(segment);
  writeFileSync(damaged, bytes.subarray(0, bytes.length - 40));
  expect(await verifyArchive(suite, dataDir, [segment, damaged])).toMatchObject([
    { ok: true },
    { ok: false },
  ]);
  await expect(restoreSegment(suite, { dataDir, segment: damaged })).rejects.toMatchObject({
    code: 'segment-damaged',
  });
  expect(readdirSync(archivePath(dataDir))).toEqual([]);
  await restoreSegment(suite, { dataDir, segment });
  expect((await listArchive(dataDir)).segments).toMatchObject([{ from: 0, isHere: true }]);
  expect(auditText(await audit())).not.toContain('unchecked');
});

test('compacted, chain.db is smaller, and the chain as it was', async () => {
  const dataDir = await archivedGateway();
  const before = await auditDataDirectory(suite, dataDir, () => {});
  const path = chainPath(dataDir);
  const { bytesBefore, bytesAfter } = compactDatabase(path);
  expect(bytesAfter).toBeLessThan(bytesBefore);
  expect(await auditDataDirectory(suite, dataDir, () => {})).toEqual(before);
  expect(before.ok).toBe(true);
  const rig = await startNode(dataDir, { contracts });
  await rig.node.submit(batchEntry(301, []));
  await rig.node.close();
});

test('the configuration says how long, and how much', async () => {
  const rules = (archive: { retention: string; diskMax?: string }) =>
    archiveRules({ data: '/data', archive }, async () => 0);
  expect(rules({ retention: '90d' })).toMatchObject({
    directory: '/data/archive',
    retentionMs: 90 * 86_400_000,
    diskBytesMax: undefined,
  });
  expect(rules({ retention: '36h', diskMax: '16GB' })).toMatchObject({
    retentionMs: 36 * 3_600_000,
    diskBytesMax: 16e9,
  });
});
