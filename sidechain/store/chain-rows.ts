// SPDX-License-Identifier: Apache-2.0
// The rows of a whole chain, wherever they are: those in segments first, and then those that the
// database keeps. Each table is walked by itself, in its order.

import type { Suite } from '../../base/suite.ts';
import type { Database } from '../../host/sqlite.ts';
import type { Kept } from './archive-table.ts';
import { type BlockRow, type OutputRow, walkBlocks, walkOutputs } from './block-table.ts';
import { type LogRow, rowOf, walkLog } from './log-table.ts';
import { type SegmentFile, walkSegmentFile } from './segment-file.ts';

type Rows<Row> = AsyncGenerator<Row, undefined>;

export class ChainRows {
  readonly #suite: Suite;
  readonly #database: Database;
  readonly #kept: Kept;
  readonly #segments: readonly SegmentFile[];

  /** @param from.segments all that is not in the database, in order. */
  constructor(
    suite: Suite,
    database: Database,
    from: { readonly kept: Kept; readonly segments: readonly SegmentFile[] },
  ) {
    this.#suite = suite;
    this.#database = database;
    this.#kept = from.kept;
    this.#segments = from.segments;
  }

  /** Up to and with entry `to`. @throws TielineError `segment-damaged`, `file`. */
  async *log(to: number): Rows<LogRow> {
    for (const { path } of this.#segments) {
      for await (const item of walkSegmentFile(path)) {
        if (item.kind !== 'entry') continue;
        const { index, term, type: kind, data } = item;
        yield rowOf(this.#suite, { index, term, kind, data });
      }
    }
    yield* walkLog(this.#database, { from: this.#kept.before.index + 1, to });
    return undefined;
  }

  /** Up to and with block `to`. @throws TielineError `segment-damaged`, `file`. */
  async *blocks(to: number): Rows<BlockRow> {
    for (const { path } of this.#segments) {
      for await (const item of walkSegmentFile(path)) {
        if (item.kind !== 'block') continue;
        const { height, logIndex, header: headerBytes } = item;
        yield { height, logIndex, headerBytes };
      }
    }
    yield* walkBlocks(this.#database, { from: this.#kept.height, to });
    return undefined;
  }

  /** Up to and with block `to`. @throws TielineError `segment-damaged`, `file`. */
  async *outputs(to: number): Rows<OutputRow> {
    for (const { path } of this.#segments) {
      for await (const item of walkSegmentFile(path)) if (item.kind === 'output') yield item;
    }
    const from = this.#kept.height === 0 ? Number.MIN_SAFE_INTEGER : this.#kept.height;
    yield* walkOutputs(this.#database, { from, to });
    return undefined;
  }
}

/** The segments below what the database keeps; undefined where some of them are not at hand. */
export function segmentsBelow<Segment extends { readonly from: number; readonly to: number }>(
  kept: Kept,
  segments: readonly Segment[],
): readonly Segment[] | undefined {
  const below: Segment[] = [];
  for (let next = 0; next < kept.height; ) {
    const segment = segments.find(({ from, to }) => from === next && to < kept.height);
    if (segment === undefined) return undefined;
    below.push(segment);
    next = segment.to + 1;
  }
  return below;
}
