// SPDX-License-Identifier: Apache-2.0
// Who comes into the next block: of each lane one entry in turn, in the order of the lane, until
// the block is full. A lane whose next entry does not fit waits for the next block.

import { limits } from '../../base/limits.ts';
import type { BlockEntry } from '../chain/block.ts';
import { blockEntryBytes } from '../chain/pool.ts';

export type Share = {
  readonly entries: readonly BlockEntry[];
  /** How many of each lane, in the order of the lanes. */
  readonly counts: readonly number[];
};

export function fairShare(lanes: readonly (readonly BlockEntry[])[], itemsMax: number): Share {
  const entries: BlockEntry[] = [];
  const counts = lanes.map(() => 0);
  const open = new Set(lanes.keys());
  let bytes = limits.blockOverheadBytes;
  while (open.size > 0) {
    for (const place of open) {
      const count = counts[place] ?? 0;
      const entry = lanes[place]?.[count];
      const size = entry === undefined ? 0 : blockEntryBytes(entry);
      if (entry === undefined || bytes + size > limits.blockBytesMax) {
        open.delete(place);
        continue;
      }
      if (entries.length === itemsMax) return { entries, counts };
      entries.push(entry);
      bytes += size;
      counts[place] = count + 1;
    }
  }
  return { entries, counts };
}
