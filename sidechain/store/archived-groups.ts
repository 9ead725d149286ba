// SPDX-License-Identifier: Apache-2.0
// Blocks that are in segments only, read again by their groups: for proofs that go through them.
// Each block is held against its header; that the headers are the chain's, the tree finds out when
// it hashes them.

import { leafHash } from '../../base/merkle.ts';
import type { Suite } from '../../base/suite.ts';
import { groupSize } from '../../base/tree.ts';
import type { ArchivedLeaves } from './history.ts';
import { type ArchivedBlock, walkArchivedBlocks } from './segment-blocks.ts';
import { listSegments, type SegmentFile, withSegment } from './segment-file.ts';

export class ArchivedGroups {
  readonly #suite: Suite;
  readonly #list: () => Promise<readonly SegmentFile[]>;
  /** The group that was read last: what is asked next often lies in it. */
  #read: { readonly position: number; readonly blocks: readonly ArchivedBlock[] } | undefined;
  /** A group that was not here when it was asked for last. */
  #missing: number | undefined;

  /** @param list the segments that are at hand now. */
  constructor(suite: Suite, list: () => Promise<readonly SegmentFile[]>) {
    this.#suite = suite;
    this.#list = list;
  }

  /** undefined where no segment that is here has it. @throws TielineError `segment-damaged`. */
  async blocks(position: number): Promise<readonly ArchivedBlock[] | undefined> {
    if (this.#read?.position === position) return this.#read.blocks;
    const height = position * groupSize;
    const segment = (await this.#list()).find(({ from, to }) => from <= height && height <= to);
    if (segment === undefined) return undefined;
    const blocks: ArchivedBlock[] = [];
    await withSegment(segment.path, async (source) => {
      for await (const block of walkArchivedBlocks(this.#suite, source)) {
        if (block.height < height) continue;
        blocks.push(block);
        if (blocks.length === groupSize) return;
      }
    });
    this.#read = { position, blocks };
    return blocks;
  }

  async block(height: number): Promise<ArchivedBlock | undefined> {
    const position = Math.floor(height / groupSize);
    if (position === this.#missing) return undefined;
    const blocks = await this.blocks(position);
    this.#missing = blocks === undefined ? position : undefined;
    return blocks?.[height % groupSize];
  }

  async leafHashes(position: number): Promise<readonly Uint8Array[] | undefined> {
    const blocks = await this.blocks(position);
    return blocks?.map(({ headerBytes }) => leafHash(this.#suite, headerBytes));
  }
}

/** What the history tree reads of the segments in a directory. */
export function archivedLeaves(
  suite: Suite,
  directory: string | undefined,
): ArchivedLeaves | undefined {
  if (directory === undefined) return undefined;
  const groups = new ArchivedGroups(suite, () => listSegments(directory));
  return (position) => groups.leafHashes(position);
}
