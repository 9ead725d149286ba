// SPDX-License-Identifier: Apache-2.0
// The blocks of a segment, one after the other, each held against its own header: link, entries,
// outputs; and each group of headers against its tree hash. Whether that hash is the chain's is for
// the caller to say, who knows the chain.

import { equal } from '../../base/bytes.ts';
import { leafHash, rootOf } from '../../base/merkle.ts';
import type { Suite } from '../../base/suite.ts';
import type { BlockBody } from '../chain/block.ts';
import { decodeHeader, type Header } from '../chain/header.ts';
import { acceptedEntries, outputLeaves } from '../chain/prove.ts';
import type { Entry } from '../raft/entry.ts';
import type { BlockRow, OutputRow } from './block-table.ts';
import type { HeaderGroup } from './history.ts';
import { meaningOf } from './log-meaning.ts';
import {
  damaged,
  type SegmentBytes,
  type SegmentHead,
  type SegmentItem,
  walkSegment,
} from './segment.ts';

export type ArchivedBlock = BlockRow & {
  /** Undefined for block 0, which is made of the genesis. */
  readonly body: BlockBody | undefined;
  /** Of the log, after the block before and up to its body. */
  readonly entries: readonly Entry[];
  readonly outputs: readonly OutputRow[];
  /** The group of headers that it completes. */
  readonly group: HeaderGroup | undefined;
};

type Gathered = {
  readonly row: BlockRow;
  readonly entries: readonly Entry[];
  readonly outputs: OutputRow[];
};

/**
 * attacker-controlled. @throws TielineError `segment-damaged`; all that came before is void then.
 */
export function walkArchivedBlocks(
  suite: Suite,
  source: SegmentBytes,
): AsyncGenerator<ArchivedBlock, undefined> {
  return checkedBlocks(suite, walkSegment(source), (flaw) => damaged(source, flaw));
}

/** The blocks that items make, wherever these come from. @throws what `fail` makes of a flaw. */
export async function* checkedBlocks(
  suite: Suite,
  items: AsyncIterable<SegmentItem>,
  fail: (flaw: string) => Error,
): AsyncGenerator<ArchivedBlock, undefined> {
  const blocks = new Blocks(suite, fail);
  let entries: Entry[] = [];
  let gathered: Gathered | undefined;
  for await (const item of items) {
    switch (item.kind) {
      case 'head':
        blocks.begin(item);
        break;
      case 'entry': {
        const { index, term, type, data } = item;
        entries.push({ index, term, kind: type, data });
        break;
      }
      case 'block': {
        if (gathered !== undefined) yield blocks.check(gathered, undefined);
        const { height, logIndex, header: headerBytes } = item;
        gathered = { row: { height, logIndex, headerBytes }, entries, outputs: [] };
        entries = [];
        break;
      }
      case 'output':
        gathered?.outputs.push(item);
        break;
      case 'group':
        if (gathered !== undefined) yield blocks.check(gathered, item);
        gathered = undefined;
        break;
    }
  }
  if (gathered !== undefined) yield blocks.check(gathered, undefined);
  return undefined;
}

class Blocks {
  readonly #suite: Suite;
  readonly #fail: (flaw: string) => Error;
  #head: SegmentHead | undefined;
  #previous: Uint8Array | undefined;
  #leafHashes: Uint8Array[] = [];

  constructor(suite: Suite, fail: (flaw: string) => Error) {
    this.#suite = suite;
    this.#fail = fail;
  }

  begin(head: SegmentHead): void {
    this.#head = head;
  }

  check({ row, entries, outputs }: Gathered, group: HeaderGroup | undefined): ArchivedBlock {
    const header = decodeHeader(row.headerBytes);
    if (!header.ok) throw this.#fail(`block ${row.height}: ${header.detail}`);
    const last = entries.at(-1);
    const meaning = last && row.height > 0 ? meaningOf(last) : undefined;
    const body = meaning?.kind === 'block' ? meaning.body : undefined;
    const flaw =
      this.#flawOfLink(header.value, row) ??
      this.#flawOfEntries(header.value, { body, entries, outputs }) ??
      this.#flawOfOutputs(header.value, outputs) ??
      this.#flawOfGroup(row.headerBytes, group);
    if (flaw !== undefined) throw this.#fail(`block ${row.height}: ${flaw}`);
    return { ...row, body, entries, outputs, group };
  }

  #flawOfLink(header: Header, { height, headerBytes }: BlockRow): string | undefined {
    const previous = this.#previous;
    this.#previous = this.#suite.sha256(headerBytes);
    if (header.height !== height) return 'the header is that of another height';
    if (this.#head === undefined || !equal(header.chainId, this.#head.chainId)) {
      return 'the header is of another chain';
    }
    const isLinked = previous === undefined || equal(header.previous, previous);
    return isLinked ? undefined : 'it does not link to the block before';
  }

  #flawOfEntries(
    header: Header,
    given: Pick<ArchivedBlock, 'body' | 'entries' | 'outputs'>,
  ): string | undefined {
    const { body, entries, outputs } = given;
    // Block 0 has the genesis for its only entry, which is not in the segment.
    if (header.height === 0) return entries.length === 0 ? undefined : 'it has a body';
    const areOthersEmpty = entries.slice(0, -1).every((entry) => meaningOf(entry).kind !== 'block');
    if (body === undefined || !areOthersEmpty) {
      return 'it has not one body';
    }
    const leaves = acceptedEntries(body, outputs).map(({ entry }) => leafHash(this.#suite, entry));
    const isUnder =
      leaves.length === header.entryCount && equal(rootOf(this.#suite, leaves), header.entryRoot);
    return isUnder ? undefined : 'its entries are not those under the entry root';
  }

  #flawOfOutputs(header: Header, outputs: readonly OutputRow[]): string | undefined {
    const root = rootOf(this.#suite, outputLeaves(this.#suite, outputs));
    const isUnder = outputs.length === header.outputCount && equal(root, header.outputRoot);
    return isUnder ? undefined : 'its outputs are not those under the output root';
  }

  #flawOfGroup(headerBytes: Uint8Array, group: HeaderGroup | undefined): string | undefined {
    this.#leafHashes.push(leafHash(this.#suite, headerBytes));
    if (group === undefined) return undefined;
    const root = rootOf(this.#suite, this.#leafHashes);
    this.#leafHashes = [];
    return equal(root, group.hash) ? undefined : 'the tree hash is not that of its group';
  }
}
