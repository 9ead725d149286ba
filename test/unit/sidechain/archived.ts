// SPDX-License-Identifier: Apache-2.0
// A chain with old blocks under a receipt, and the rules by which they go into segments.

import { readFileSync, writeFileSync } from 'node:fs';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import type { ArchiveRules } from '../../../sidechain/archivist.ts';
import { type AuditReport, auditChain } from '../../../sidechain/store/audit.ts';
import { chainPath } from '../../../sidechain/store/chain-file.ts';
import { archivePath, listSegments } from '../../../sidechain/store/segment-file.ts';
import { snapshotPath } from '../../../sidechain/store/snapshot-file.ts';
import { batchEntry } from '../chain/fixture.ts';
import { receiptEntry } from './receipt-entry.ts';
import { newChain, type Rig, startNode, TestDatabase, temporaryDirectory } from './rig.ts';

export function rulesFor(dataDir: string, more: Partial<ArchiveRules> = {}): ArchiveRules {
  return {
    directory: archivePath(dataDir),
    snapshotFile: snapshotPath(dataDir),
    retentionMs: 0,
    diskBytesMax: undefined,
    segmentGroups: 1,
    neededFrom: async () => Number.POSITIVE_INFINITY,
    ...more,
  };
}

export async function grow(rig: Rig, count: number): Promise<void> {
  const first = rig.node.nextSequence();
  const batches = Array.from({ length: count }, (_, i) => batchEntry(first + i, []));
  await Promise.all(batches.map((batch) => rig.node.submit(batch)));
}

let file: Uint8Array | undefined;

/** 600 blocks under a receipt, the state of all of them stored, and a signed checkpoint. */
export async function anchoredChain(): Promise<string> {
  file ??= await make();
  const dataDir = temporaryDirectory();
  writeFileSync(chainPath(dataDir), file);
  return dataDir;
}

/** Made once: the tests copy it. */
async function make(): Promise<Uint8Array> {
  const dataDir = await newChain();
  const rig = await startNode(dataDir);
  await grow(rig, 599);
  await rig.node.submit(receiptEntry((await rig.node.cosign()).note));
  await grow(rig, 2);
  await rig.node.close();
  return readFileSync(chainPath(dataDir));
}

/** Lets a node archive what is due. */
export async function archiveAll(dataDir: string, rules = rulesFor(dataDir)): Promise<Rig> {
  const rig = await startNode(dataDir, { archive: rules });
  await archived(rig);
  return rig;
}

/** Until a round of the archivist has come and gone. */
export async function archived(rig: Rig): Promise<void> {
  const before = rig.clock.elapsedMs;
  while (rig.clock.elapsedMs - before < 11_000) await rig.clock.pass(1_000);
  for (let i = 0; i < 100; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    await rig.clock.pass(0);
    const { isBusy = true, databaseBytes = 0 } = rig.node.status().archive ?? {};
    // It looks at the file first.
    if (i > 3 && databaseBytes > 0 && !isBusy) return;
  }
}

export async function auditOf(dataDir: string): Promise<AuditReport> {
  const database = new TestDatabase(dataDir, { readOnly: true });
  try {
    const segments = await listSegments(archivePath(dataDir));
    return await auditChain({ database, suite, contracts: [], segments });
  } finally {
    await database.close();
  }
}
