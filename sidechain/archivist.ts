// SPDX-License-Identifier: Apache-2.0
// Moves old blocks out of the database into segments, and keeps the disk to its bound. Only what
// lies under a receipt is ever moved: whatever happens to this card, the main chain can tell what
// was here. The database's file gives no room back, so where there is a bound blocks go early, once
// they are half of it: file and segments together then stay below. In this order, each step durable
// before the next: the segment is written, read back and checked; it is entered in the database; its
// rows are deleted. So a crash at any point leaves each block in one place at least, and the next
// start goes on where this one ended.

import { TielineError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Suite } from '../base/suite.ts';
import { groupSize } from '../base/tree.ts';
import type { Log } from '../host/log.ts';
import type { Database, Statement } from '../host/sqlite.ts';
import { fileBytes } from '../host/sqlite-used.ts';
import { decodeBlock } from './chain/block.ts';
import { openEntry } from './chain/entry.ts';
import { decodeHeader } from './chain/header.ts';
import { acceptedEntries } from './chain/prove.ts';
import type { Position } from './raft/entry.ts';
import {
  type Kept,
  type KeptEntry,
  pruneStatements,
  readSegments,
  type SegmentRow,
  segmentStatement,
} from './store/archive-table.ts';
import { outputsOf, readBlocks, readBody } from './store/block-table.ts';
import { segmentsBelow } from './store/chain-rows.ts';
import { assertIntact } from './store/damage.ts';
import { readLogRow } from './store/log-table.ts';
import { checkSegment, DamagedEntryError, segmentItems } from './store/make-segment.ts';
import {
  listSegments,
  removeSegment,
  segmentName,
  withSegment,
  writeSegment,
} from './store/segment-file.ts';
import { readStateHeight } from './store/state-table.ts';

export type ArchiveRules = {
  /** Where the segments are. */
  readonly directory: string;
  /** Where the newest snapshot is. */
  readonly snapshotFile: string;
  /** Younger blocks stay in the database, as long as there is room. */
  readonly retentionMs: number;
  /** For database and segments together; undefined: as much as there is. */
  readonly diskBytesMax: number | undefined;
  /** Groups of blocks in a segment. */
  readonly segmentGroups: number;
  /** Blocks from there on are still needed by the program around the node. */
  readonly neededFrom: () => Promise<number>;
};

export type ArchivistParts = {
  readonly suite: Suite;
  readonly database: Database;
  readonly chainId: Uint8Array;
  readonly rules: ArchiveRules;
  readonly kept: Kept;
  /** Blocks under the newest receipt. */
  readonly receiptSize: () => number;
  /** Time of the newest block. */
  readonly timeMs: () => number;
  /** Blocks below that a member far behind can do without: it gets a state instead. */
  readonly snapshotSize: () => number;
  /** From now on the log begins behind this entry. */
  readonly onPruned: (kept: Kept) => void;
  readonly onDamaged: (index: number) => void;
  /** Durable when it resolves. */
  readonly write: (statements: readonly Statement[]) => Promise<void>;
  readonly monotonicMs: () => number;
  /** Work that fails ends the node. */
  readonly fail: (error: unknown) => void;
  readonly log: Log;
};

export type ArchiveStatus = {
  /** The first block that is in the database. */
  readonly keptFrom: number;
  /** Bytes of the database's file and of the segments, as of late. */
  readonly databaseBytes: number;
  readonly archiveBytes: number;
  /**
   * Each block was here: in the database, or in a segment that is here or was carried away. False for a
   * member that began with the state of another one.
   */
  readonly isFullCopy: boolean;
  /** Something is being moved. */
  readonly isBusy: boolean;
};

/**
 * Of the disk's bound: what segments have in any case; with how much in blocks a whole segment goes
 * early, and from when on a short one does, for it may be long until a whole one can.
 */
const share = { leastArchive: 1 / 8, blocks: 1 / 2, mostBlocks: 5 / 8 } as const;

export class Archivist {
  readonly #parts: ArchivistParts;
  #kept: Kept;
  #lookedMs: number;
  #databaseBytes = 0;
  #archiveBytes = 0;
  #isFullCopy: boolean;
  #isOver = false;
  #round: Promise<void> | undefined;

  constructor(parts: ArchivistParts) {
    this.#parts = parts;
    this.#kept = parts.kept;
    this.#isFullCopy = parts.kept.height === 0;
    this.#lookedMs = parts.monotonicMs();
  }

  get status(): ArchiveStatus {
    const [databaseBytes, archiveBytes] = [this.#databaseBytes, this.#archiveBytes];
    const { height: keptFrom } = this.#kept;
    const isFullCopy = this.#isFullCopy;
    return { keptFrom, databaseBytes, archiveBytes, isFullCopy, isBusy: this.#round !== undefined };
  }

  /** Does what is due, a segment at a time; one round at a time. */
  tick(): void {
    const { monotonicMs, fail } = this.#parts;
    if (monotonicMs() - this.#lookedMs < limits.archiveMs) return;
    this.#round ??= this.#work()
      .catch(fail)
      .finally(() => {
        this.#round = undefined;
      });
  }

  /** Nothing is under way when it resolves. */
  async settled(): Promise<void> {
    await this.#round;
  }

  async #work(): Promise<void> {
    const { monotonicMs, log } = this.#parts;
    try {
      while (await this.#step());
    } catch (error) {
      if (!(error instanceof DamagedEntryError) && !isOfFiles(error)) throw error;
      // The rows are all there still: what is damaged may be mended, and the disk emptied.
      if (error instanceof DamagedEntryError) this.#parts.onDamaged(error.index);
      log.error('archive-failed', { error });
    } finally {
      this.#lookedMs = monotonicMs();
    }
  }

  /** @returns whether there may be more to do. */
  async #step(): Promise<boolean> {
    const { database, rules, log } = this.#parts;
    const made = await readSegments(database);
    const newest = made.at(-1);
    if (newest !== undefined && newest.to >= this.#kept.height) {
      await this.#prune(newest);
      return true;
    }
    const files = await listSegments(rules.directory);
    this.#isFullCopy = segmentsBelow(this.#kept, [...made, ...files]) !== undefined;
    this.#archiveBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
    const { used, whole } = await fileBytes(database);
    this.#databaseBytes = whole;
    const { diskBytesMax = Number.POSITIVE_INFINITY } = rules;
    const to = await this.#due({
      isEarly: used > diskBytesMax * share.blocks,
      isShort: used > diskBytesMax * share.mostBlocks,
    });
    if (to !== undefined) {
      await this.#archive(to);
      return true;
    }
    const [oldest] = files;
    // A file that has once outgrown the bound, for want of receipts, leaves room for some segments yet.
    const archiveMax = Math.max(diskBytesMax - whole, diskBytesMax * share.leastArchive);
    if (this.#archiveBytes > archiveMax && oldest !== undefined) {
      await removeSegment(oldest.path);
      log.warn('segment-removed', { from: oldest.from, to: oldest.to, bytes: oldest.bytes });
      return true;
    }
    this.#tellIfOver(this.#usedBytes > diskBytesMax);
    return false;
  }

  get #usedBytes(): number {
    return this.#archiveBytes + this.#databaseBytes;
  }

  /**
   * The last block of the next segment; undefined where none is due. `isEarly`: whatever the retention.
   * `isShort`: as long as there is anything to put into it.
   */
  async #due({
    isEarly,
    isShort,
  }: Record<'isEarly' | 'isShort', boolean>): Promise<number | undefined> {
    const { database, rules, timeMs } = this.#parts;
    const groups = Math.floor(((await this.#limit()) - this.#kept.height) / groupSize);
    const count = Math.min(groups, rules.segmentGroups);
    if (count < 1 || (count < rules.segmentGroups && !isShort)) return undefined;
    const to = this.#kept.height + count * groupSize - 1;
    const [block] = await readBlocks(database, { from: to, to });
    const header = block && decodeHeader(block.headerBytes);
    assertIntact(header?.ok === true, `block ${to} is missing`);
    const isOld = header.value.timeMs <= timeMs() - rules.retentionMs;
    return isOld || isEarly ? to : undefined;
  }

  /** All that stands on blocks from there on. */
  async #limit(): Promise<number> {
    const { database, rules, receiptSize, snapshotSize } = this.#parts;
    const needed = [await readStateHeight(database), await rules.neededFrom()];
    return Math.min(receiptSize(), snapshotSize(), ...needed);
  }

  async #archive(to: number): Promise<void> {
    const { suite, database, chainId, rules, write, log } = this.#parts;
    const { height: from, before } = this.#kept;
    const path = `${rules.directory}/${segmentName({ from, to })}`;
    const items = segmentItems(suite, database, { chainId, from, to, before });
    const bytes = await writeSegment(path, items);
    const { last } = await withSegment(path, (source) => checkSegment(suite, database, source));
    await write([segmentStatement({ from, to, bytes, last })]);
    log.info('segment-written', { from, to, bytes });
  }

  async #prune({ to, last }: SegmentRow): Promise<void> {
    const { database, write, onPruned } = this.#parts;
    while (this.#kept.height <= to) {
      const height = this.#kept.height + groupSize;
      const before = height > to ? last : await positionOf(database, height - 1);
      const range = { from: this.#kept.height, to: height - 1 };
      const entries = await this.#lastingEntries(range);
      this.#kept = { height, before };
      onPruned(this.#kept);
      await write(pruneStatements(this.#kept, entries));
    }
  }

  async #lastingEntries(range: {
    readonly from: number;
    readonly to: number;
  }): Promise<readonly KeptEntry[]> {
    const { suite, database } = this.#parts;
    const lasting: KeptEntry[] = [];
    for (let height = Math.max(range.from, 1); height <= range.to; height++) {
      const body = decodeBlock((await readBody(database, height)) ?? new Uint8Array());
      assertIntact(body.ok, `the body of block ${height}`);
      if (body.value.entries.every(({ packs }) => packs !== undefined)) continue;
      const accepted = acceptedEntries(body.value, await outputsOf(database, height));
      for (const [position, { entry: bytes, packs }] of accepted.entries()) {
        const opened = packs === undefined ? openEntry(suite, bytes) : undefined;
        if (opened?.ok === true && isLasting(opened.value.kind)) {
          lasting.push({ height, position, bytes });
        }
      }
    }
    return lasting;
  }

  #tellIfOver(isOver: boolean): void {
    if (isOver && !this.#isOver) {
      const hint = 'more goes once it is under a receipt and in the stored state: `tieline status`';
      this.#parts.log.error('disk-over', { bytes: this.#usedBytes, hint });
    }
    this.#isOver = isOver;
  }
}

/** Schemas and rules in force are part of the state; readings and gaps are in the segment. */
function isLasting(kind: string): boolean {
  return kind !== 'reading-batch' && kind !== 'gap' && kind !== 'schema';
}

async function positionOf(database: Database, height: number): Promise<Position> {
  const [block] = await readBlocks(database, { from: height, to: height });
  const row = block && (await readLogRow(database, block.logIndex));
  assertIntact(row !== undefined, `the body of block ${height} is missing`);
  return { index: row.index, term: row.term };
}

function isOfFiles(error: unknown): boolean {
  return error instanceof TielineError && ['file', 'segment-damaged'].includes(error.code);
}
