// SPDX-License-Identifier: Apache-2.0
// Makes a segment of blocks that are on disk, and checks one against the chain on disk: the tree
// hashes of its groups are kept for ever, so a segment that has been away for years is still known.

import { equal } from '../../base/bytes.ts';
import { TielineError } from '../../base/errors.ts';
import type { Suite } from '../../base/suite.ts';
import { groupSize } from '../../base/tree.ts';
import type { Database } from '../../host/sqlite.ts';
import type { Position } from '../raft/entry.ts';
import { readBlocks, walkBlocks, walkOutputs } from './block-table.ts';
import { Cursor } from './cursor.ts';
import { assertIntact } from './damage.ts';
import { readGroupHash } from './history.ts';
import { entryOf, walkLog } from './log-table.ts';
import { damaged, type SegmentBytes, type SegmentItem } from './segment.ts';
import { walkArchivedBlocks } from './segment-blocks.ts';

export type SegmentRange = {
  readonly chainId: Uint8Array;
  /** Heights, both included: whole groups. */
  readonly from: number;
  readonly to: number;
  /** Entry of the log before the first of them. */
  readonly before: Position;
};

/** A row of the log that is not what was written is never archived. */
export class DamagedEntryError extends Error {
  readonly index: number;

  constructor(index: number) {
    super(`entry ${index} of the log is damaged`);
    this.index = index;
  }
}

/** @throws DamagedEntryError; TielineError `database-damaged`. */
export async function* segmentItems(
  suite: Suite,
  database: Database,
  range: SegmentRange,
): AsyncGenerator<SegmentItem, undefined> {
  const { chainId, from, to, before } = range;
  const [newest] = await readBlocks(database, { from: to, to });
  assertIntact(newest !== undefined, `block ${to} is missing`);
  const lastIndex = newest.logIndex;
  yield { kind: 'head', version: 1, chainId, from, to, before, lastIndex };
  const log = new Cursor(walkLog(database, { from: before.index + 1, to: lastIndex }));
  const outputs = new Cursor(walkOutputs(database, { from, to }));
  for await (const { height, logIndex, headerBytes: header } of walkBlocks(database, range)) {
    for (const row of await log.takeWhile(({ index }) => index <= logIndex)) {
      const entry = entryOf(suite, row);
      if (entry === undefined) throw new DamagedEntryError(row.index);
      const { index, term, kind: type, data } = entry;
      yield { kind: 'entry', index, term, type, data };
    }
    yield { kind: 'block', height, logIndex, header };
    for (const { position, salt, bytes } of await outputs.takeWhile(
      (row) => row.height === height,
    )) {
      yield { kind: 'output', height, position, salt, bytes };
    }
    if ((height + 1) % groupSize !== 0) continue;
    const position = (height + 1) / groupSize - 1;
    const hash = await readGroupHash(database, position);
    assertIntact(hash !== undefined, `tree hash ${position} is missing`);
    yield { kind: 'group', position, hash };
  }
  return undefined;
}

export type CheckedSegment = {
  readonly from: number;
  readonly to: number;
  readonly blockCount: number;
  readonly entryCount: number;
  readonly outputCount: number;
  /** The entry of the log that is its last block's body. */
  readonly last: Position;
};

/**
 * Holds a segment against the chain of a database, hash by hash. attacker-controlled.
 * @throws TielineError `segment-damaged`, `other-chain`
 */
export async function checkSegment(
  suite: Suite,
  database: Database,
  source: SegmentBytes,
): Promise<CheckedSegment> {
  let from: number | undefined;
  let to = 0;
  let entryCount = 0;
  let outputCount = 0;
  let last: Position = { index: 0, term: 0 };
  for await (const block of walkArchivedBlocks(suite, source)) {
    from ??= block.height;
    to = block.height;
    entryCount += block.body?.entries.length ?? 0;
    outputCount += block.outputs.length;
    last = block.entries.at(-1) ?? last;
    if (block.group === undefined) continue;
    const hash = await readGroupHash(database, block.group.position);
    if (hash !== undefined && equal(hash, block.group.hash)) continue;
    throw hash === undefined
      ? new TielineError('other-chain', `${source.name}: this copy has no block ${to} yet`)
      : damaged(source, `blocks up to ${to} are not those of this chain`);
  }
  if (from === undefined) throw damaged(source, 'it has no blocks');
  const { index, term } = last;
  const blockCount = to - from + 1;
  return { from, to, blockCount, entryCount, outputCount, last: { index, term } };
}
