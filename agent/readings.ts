// SPDX-License-Identifier: Apache-2.0
// Finds a reading on the chain as it is stored. A reading is named
// `<gateway key id>-<batch sequence>-<pack>`, the pack counted from 0; there is no index of them,
// for the sequences of a gateway rise with the height.

import { equal, fromHex, toHex } from '../base/bytes.ts';
import { TielineError } from '../base/errors.ts';
import type { Suite } from '../base/suite.ts';
import type { Database } from '../host/sqlite.ts';
import { decodeBatch } from '../sidechain/chain/batch.ts';
import { type BlockBody, decodeBlock } from '../sidechain/chain/block.ts';
import { openEntry } from '../sidechain/chain/entry.ts';
import { acceptedEntries } from '../sidechain/chain/prove.ts';
import type { ArchivedGroups } from '../sidechain/store/archived-groups.ts';
import { type OutputRow, outputsOf, readBody } from '../sidechain/store/block-table.ts';

export type ReadingId = {
  readonly gateway: Uint8Array;
  readonly sequence: number;
  readonly packIndex: number;
};

export type StoredBlock = { readonly body: BlockBody; readonly outputs: readonly OutputRow[] };

/** Where a reading stands: which block, which accepted entry of it, which pack. */
export type ReadingPlace = StoredBlock & {
  readonly height: number;
  readonly entryIndex: number;
  readonly packIndex: number;
};

type BatchPlace = {
  readonly gateway: Uint8Array;
  readonly sequence: number;
  readonly packCount: number;
  readonly entryIndex: number;
};

export function parseReadingId(text: string): ReadingId | undefined {
  const [, hex = '', sequence, packIndex] =
    /^([0-9a-f]{16})-(\d{1,15})-(\d{1,4})$/.exec(text) ?? [];
  const gateway = fromHex(hex);
  if (gateway === undefined || gateway.length !== 8) return undefined;
  return { gateway, sequence: Number(sequence), packIndex: Number(packIndex) };
}

export function formatReadingId({ gateway, sequence, packIndex }: ReadingId): string {
  return `${toHex(gateway)}-${sequence}-${packIndex}`;
}

/** Blocks by height, wherever they are; undefined for block 0 and for those carried away. */
export type BlockSource = (height: number) => Promise<StoredBlock | undefined>;

/**
 * Blocks in the database, and those that are in segments.
 * @throws TielineError `database-damaged`, `segment-damaged`
 */
export function blocksOf(database: Database, archived: ArchivedGroups): BlockSource {
  return async (height) => {
    const bytes = await readBody(database, height);
    if (bytes === undefined) {
      const block = await archived.block(height);
      return block?.body && { body: block.body, outputs: block.outputs };
    }
    const body = decodeBlock(bytes);
    if (!body.ok) {
      throw new TielineError('database-damaged', `block ${height}: ${body.detail}`, {
        hint: 'run `tieline chain verify`; it names what was changed',
      });
    }
    return { body: body.value, outputs: await outputsOf(database, height) };
  };
}

/** The reading batches under the entry root of a block. */
function batchesOf(suite: Suite, block: StoredBlock): readonly BatchPlace[] {
  return acceptedEntries(block.body, block.outputs).flatMap(({ entry }, entryIndex) => {
    const opened = openEntry(suite, entry);
    if (!opened.ok || opened.value.kind !== 'reading-batch') return [];
    const batch = decodeBatch(opened.value.payload);
    if (!batch.ok) return [];
    const { gateway, sequence, packCount } = batch.value;
    return [{ gateway, sequence, packCount, entryIndex }];
  });
}

/** The newest reading in a block below `size`. */
export async function newestReading(
  suite: Suite,
  blocks: BlockSource,
  size: number,
): Promise<ReadingPlace | undefined> {
  for (let height = size - 1; height > 0; height--) {
    const block = await blocks(height);
    if (block === undefined) continue;
    const batch = batchesOf(suite, block).findLast(({ packCount }) => packCount > 0);
    if (batch === undefined) continue;
    const { entryIndex, packCount } = batch;
    return { ...block, height, entryIndex, packIndex: packCount - 1 };
  }
  return undefined;
}

/** Halves the blocks below `size` until the one with the batch is found. */
export async function findReading(
  suite: Suite,
  blocks: BlockSource,
  wanted: ReadingId & { readonly size: number },
): Promise<ReadingPlace | undefined> {
  let low = 1;
  let high = wanted.size - 1;
  while (low <= high) {
    const middle = Math.floor((low + high) / 2);
    const found = await nextBatches(suite, blocks, {
      gateway: wanted.gateway,
      from: middle,
      to: high,
    });
    const first = found?.batches[0];
    const last = found?.batches.at(-1);
    if (found === undefined || first === undefined || last === undefined) {
      high = middle - 1;
      continue;
    }
    if (wanted.sequence < first.sequence) high = middle - 1;
    else if (wanted.sequence > last.sequence) low = found.height + 1;
    else return placeIn(found, wanted);
  }
  return undefined;
}

type FoundBatches = StoredBlock & {
  readonly height: number;
  readonly batches: readonly BatchPlace[];
};

/** The first block from `from` to `to` with a batch of this gateway. */
async function nextBatches(
  suite: Suite,
  blocks: BlockSource,
  range: { readonly gateway: Uint8Array; readonly from: number; readonly to: number },
): Promise<FoundBatches | undefined> {
  for (let height = range.from; height <= range.to; height++) {
    const block = await blocks(height);
    if (block === undefined) continue;
    const batches = batchesOf(suite, block).filter(({ gateway }) => equal(gateway, range.gateway));
    if (batches.length > 0) return { ...block, height, batches };
  }
  return undefined;
}

function placeIn(found: FoundBatches, wanted: ReadingId): ReadingPlace | undefined {
  const batch = found.batches.find(({ sequence }) => sequence === wanted.sequence);
  if (batch === undefined || wanted.packIndex >= batch.packCount) return undefined;
  const { body, outputs, height } = found;
  return { body, outputs, height, entryIndex: batch.entryIndex, packIndex: wanted.packIndex };
}
