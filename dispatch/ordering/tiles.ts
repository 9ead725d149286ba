// SPDX-License-Identifier: Apache-2.0
// Hashes of a log's tree in tiles of 256, as C2SP tlog-tiles lays them out: what a reader needs to make
// any proof by itself.

import { concat } from '../../base/bytes.ts';
import { groupSize, type HistoryTree } from '../../base/tree.ts';

export type Tile = {
  /** 0: leaf hashes; each hash of the next level is over a whole tile. */
  readonly level: number;
  readonly index: number;
  /** Hashes in it: 256, or fewer in the last of a level. */
  readonly width: number;
};

/** Levels above this one hold nothing: 256^7 leaves are more than a log may have. */
export const tileLevelMax = 6;

/** Whether the first `size` leaves make it. */
export function isTileWithin({ level, index, width }: Tile, size: number): boolean {
  return (index * groupSize + width) * groupSize ** level <= size;
}

/** `leafHashes` brings those of one group that there are. @returns undefined where it is not made yet. */
export async function readTile(
  tile: Tile,
  log: {
    readonly tree: HistoryTree;
    readonly size: number;
    readonly leafHashes: (group: number) => Promise<readonly Uint8Array[]>;
  },
): Promise<Uint8Array | undefined> {
  if (!isTileWithin(tile, log.size)) return undefined;
  const { level, index, width } = tile;
  if (level === 0) return concat(...(await log.leafHashes(index)).slice(0, width));
  const places = Array.from({ length: width }, (_, i) => index * groupSize + i);
  return concat(...places.map((place) => log.tree.completeHash(level, place)));
}
