// SPDX-License-Identifier: Apache-2.0
// The archive of a gateway, for people: its segments, what they hold, and how they go and come
// back. All of it only reads the database, so the gateway may run.

import { join } from 'node:path';
import { TielineError } from '../base/errors.ts';
import type { Suite } from '../base/suite.ts';
import type { Database } from '../host/sqlite.ts';
import { fileBytes } from '../host/sqlite-used.ts';
import { keptEntryCount, readKept, readSegments } from '../sidechain/store/archive-table.ts';
import { openChainDatabase } from '../sidechain/store/chain-file.ts';
import { type CheckedSegment, checkSegment } from '../sidechain/store/make-segment.ts';
import {
  archivePath,
  copySegment,
  listSegments,
  removeSegment,
  type SegmentFile,
  segmentName,
  withSegment,
} from '../sidechain/store/segment-file.ts';

export type ArchiveList = {
  /** The first block in the database. */
  readonly keptFrom: number;
  readonly databaseBytes: number;
  /** Receipts and the like of older blocks, which stay. */
  readonly keptEntryCount: number;
  readonly segments: readonly {
    readonly name: string;
    readonly from: number;
    readonly to: number;
    readonly bytes: number;
    /** False for one that was carried away, or removed for want of room. */
    readonly isHere: boolean;
  }[];
};

export function listArchive(dataDir: string): Promise<ArchiveList> {
  return reading(dataDir, async (database) => {
    const files = await listSegments(archivePath(dataDir));
    const made = await readSegments(database);
    const isHere = (at: { from: number; to: number }): boolean =>
      files.some(({ from, to }) => from === at.from && to === at.to);
    const restored = files.filter(({ from }) => !made.some((row) => row.from === from));
    const all = [...made, ...restored].toSorted((a, b) => a.from - b.from);
    return {
      keptFrom: (await readKept(database)).height,
      databaseBytes: (await fileBytes(database)).used,
      keptEntryCount: await keptEntryCount(database),
      segments: all.map(({ from, to, bytes }) => {
        const name = segmentName({ from, to });
        return { name, from, to, bytes, isHere: isHere({ from, to }) };
      }),
    };
  });
}

export type SegmentVerdict = {
  readonly path: string;
  readonly ok: boolean;
  /** What is wrong. */
  readonly detail?: string;
} & Partial<Pick<CheckedSegment, 'from' | 'to' | 'entryCount' | 'outputCount'>>;

/** @param paths by default all segments in the archive. */
export function verifyArchive(
  suite: Suite,
  dataDir: string,
  paths: readonly string[],
): Promise<readonly SegmentVerdict[]> {
  return reading(dataDir, async (database) => {
    const files = await listSegments(archivePath(dataDir));
    const verdicts: SegmentVerdict[] = [];
    for (const path of paths.length > 0 ? paths : files.map((file) => file.path)) {
      verdicts.push(await verdictOn(suite, database, path));
    }
    return verdicts;
  });
}

async function verdictOn(suite: Suite, database: Database, path: string): Promise<SegmentVerdict> {
  try {
    const { from, to, entryCount, outputCount } = await checked(suite, database, path);
    return { path, ok: true, from, to, entryCount, outputCount };
  } catch (error) {
    if (!(error instanceof TielineError)) throw error;
    return { path, ok: false, detail: error.message };
  }
}

/** Brings a segment back into the archive, once it is found to be of this chain. */
export function restoreSegment(
  suite: Suite,
  options: { readonly dataDir: string; readonly segment: string },
): Promise<CheckedSegment & { readonly path: string }> {
  return reading(options.dataDir, async (database) => {
    const found = await checked(suite, database, options.segment);
    const path = join(archivePath(options.dataDir), segmentName(found));
    await copySegment(options.segment, path);
    await checked(suite, database, path);
    return { ...found, path };
  });
}

/**
 * Copies segments to another directory, each checked there; with `remove` they leave the archive.
 * @throws TielineError `segment-damaged`, `file`: then nothing of that segment was removed.
 */
export function exportArchive(
  suite: Suite,
  options: { readonly dataDir: string; readonly to: string; readonly remove: boolean },
): Promise<readonly SegmentFile[]> {
  const { dataDir, to, remove } = options;
  return reading(dataDir, async (database) => {
    const exported: SegmentFile[] = [];
    for (const file of await listSegments(archivePath(dataDir))) {
      const path = join(to, segmentName(file));
      await copySegment(file.path, path);
      await checked(suite, database, path);
      if (remove) await removeSegment(file.path);
      exported.push({ ...file, path });
    }
    return exported;
  });
}

function checked(suite: Suite, database: Database, path: string): Promise<CheckedSegment> {
  return withSegment(path, (source) => checkSegment(suite, database, source));
}

async function reading<T>(dataDir: string, use: (database: Database) => Promise<T>): Promise<T> {
  const database = await openChainDatabase(dataDir, 'read-only');
  try {
    return await use(database);
  } finally {
    await database.close();
  }
}
