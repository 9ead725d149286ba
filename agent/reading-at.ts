// SPDX-License-Identifier: Apache-2.0
// Finds the newest pack of a device up to an instant. There is no index for it: the batches of a
// gateway rise in time with the height, so the blocks are halved until the first is found whose
// batch was signed at the instant or later; from there it goes back, for as many blocks as a device
// that is seldom read may be apart.

import { equal } from '../base/bytes.ts';
import { limits } from '../base/limits.ts';
import { decodePack } from '../base/pack.ts';
import type { Suite } from '../base/suite.ts';
import { decodeBatch } from '../sidechain/chain/batch.ts';
import { openEntry } from '../sidechain/chain/entry.ts';
import { acceptedEntries } from '../sidechain/chain/prove.ts';
import type { BlockSource, ReadingPlace, StoredBlock } from './readings.ts';

export type WantedPack = {
  /** Key id of the gateway that reads the device. */
  readonly gateway: Uint8Array;
  readonly isOfDevice: (schemaId: Uint8Array) => boolean;
  readonly timeMs: number;
  /** Among so many blocks. */
  readonly size: number;
};

type GatewayBatch = {
  readonly timeMs: number;
  readonly entryIndex: number;
  readonly packs: readonly Uint8Array[];
};

type FoundBlock = StoredBlock & {
  readonly height: number;
  readonly batches: readonly GatewayBatch[];
};

export async function findReadingAt(
  suite: Suite,
  blocks: BlockSource,
  wanted: WantedPack,
): Promise<ReadingPlace | undefined> {
  const { gateway, size } = wanted;
  const from = await firstSignedAt(suite, blocks, wanted);
  // Signed at the instant or later, it may hold packs from before.
  const next = await nextBlock(suite, blocks, { gateway, from, to: size - 1 });
  const place = next && newestIn(next, wanted);
  if (place !== undefined) return place;
  for (let height = from - 1; height >= Math.max(1, from - limits.requestBlocksMax); height--) {
    const block = await blockAt(suite, blocks, { gateway, height });
    const before = block && newestIn(block, wanted);
    if (before !== undefined) return before;
  }
  return undefined;
}

/** The height from which on all batches of the gateway were signed at the instant or later. */
async function firstSignedAt(
  suite: Suite,
  blocks: BlockSource,
  { gateway, timeMs, size }: WantedPack,
): Promise<number> {
  let low = 1;
  let high = size;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const next = await nextBlock(suite, blocks, { gateway, from: middle, to: high - 1 });
    const isLater = (next?.batches.at(-1)?.timeMs ?? Number.POSITIVE_INFINITY) >= timeMs;
    if (next === undefined || isLater) high = middle;
    else low = next.height + 1;
  }
  return low;
}

async function nextBlock(
  suite: Suite,
  blocks: BlockSource,
  range: { readonly gateway: Uint8Array; readonly from: number; readonly to: number },
): Promise<FoundBlock | undefined> {
  const { gateway } = range;
  for (let height = range.from; height <= range.to; height++) {
    const block = await blockAt(suite, blocks, { gateway, height });
    if (block !== undefined) return block;
  }
  return undefined;
}

/** undefined where it is not here, or holds no batch of this gateway. */
async function blockAt(
  suite: Suite,
  blocks: BlockSource,
  at: { readonly gateway: Uint8Array; readonly height: number },
): Promise<FoundBlock | undefined> {
  const block = await blocks(at.height);
  if (block === undefined) return undefined;
  const batches = acceptedEntries(block.body, block.outputs).flatMap((given, entryIndex) => {
    const opened = openEntry(suite, given.entry);
    if (!opened.ok || opened.value.kind !== 'reading-batch') return [];
    const batch = decodeBatch(opened.value.payload);
    if (!batch.ok || !equal(batch.value.gateway, at.gateway)) return [];
    return [{ timeMs: batch.value.timeMs, entryIndex, packs: given.packs?.packs ?? [] }];
  });
  return batches.length > 0 ? { ...block, height: at.height, batches } : undefined;
}

function newestIn(
  { body, outputs, height, batches }: FoundBlock,
  { isOfDevice, timeMs }: WantedPack,
): ReadingPlace | undefined {
  let newest: { readonly timeMs: number; readonly place: ReadingPlace } | undefined;
  for (const { entryIndex, packs } of batches) {
    for (const [packIndex, bytes] of packs.entries()) {
      const pack = decodePack(bytes);
      if (!pack.ok || pack.value.timeMs > timeMs || !isOfDevice(pack.value.schemaId)) continue;
      if (newest !== undefined && pack.value.timeMs < newest.timeMs) continue;
      const place = { body, outputs, height, entryIndex, packIndex };
      newest = { timeMs: pack.value.timeMs, place };
    }
  }
  return newest?.place;
}
