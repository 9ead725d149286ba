// SPDX-License-Identifier: Apache-2.0
// What the core reads of the log on disk: all that is not applied, some of what is, for those who
// are a little behind, and pages from further back for those who are far behind (catch-up.ts). The
// log on disk keeps everything, so there is never a snapshot: what is not in memory is read, and
// until then nothing is sent. Invariant: the window is gapless from its base to the end of the log.

import { assert } from '../../base/assert.ts';
import { limits } from '../../base/limits.ts';
import type { Configuration } from '../raft/configuration/configuration.ts';
import { type Entry, entriesBytes, limitBytes, type NodeId, type Position } from '../raft/entry.ts';
import type { HardState, Storage } from '../raft/storage.ts';

/** Entries of the log that follow `base`. */
export type LogPage = { readonly base: Position; readonly entries: readonly Entry[] };

export class LogWindow implements Storage {
  readonly #configuration: Configuration;
  /** For each member that is far behind: what it needs next. */
  readonly #pages = new Map<NodeId, LogPage>();
  #hardState: HardState;
  #base: Position;
  #entries: Entry[];
  #bytes: number;

  /** `entries` are all that follow `base`, up to which all is applied. */
  constructor(stored: {
    readonly hardState: HardState;
    readonly configuration: Configuration;
    readonly base: Position;
    readonly entries: readonly Entry[];
  }) {
    this.#hardState = stored.hardState;
    this.#configuration = stored.configuration;
    this.#base = stored.base;
    this.#entries = [...stored.entries];
    this.#bytes = entriesBytes(this.#entries);
  }

  initialState(): { hardState: HardState; configuration: Configuration } {
    return { hardState: this.#hardState, configuration: this.#configuration };
  }

  firstIndex(): number {
    return 1;
  }

  /** All up to there is applied, and on disk for good. */
  get baseIndex(): number {
    return this.#base.index;
  }

  lastIndex(): number {
    return this.#base.index + this.#entries.length;
  }

  term(index: number): number | undefined {
    if (index === 0) return 0;
    if (index >= this.#base.index) return termIn(this.#window, index);
    for (const page of this.#pages.values()) {
      const term = termIn(page, index);
      if (term !== undefined) return term;
    }
    return undefined;
  }

  /** Undefined for what has to be read from the disk before; fewer where a page ends. */
  entries(from: number, to: number, bytesMax: number): readonly Entry[] | undefined {
    assert(from <= to && to <= this.lastIndex() + 1, 'only entries that are here are asked for');
    if (from > this.#base.index) return slice(this.#window, { from, to }, bytesMax);
    for (const page of this.#pages.values()) {
      if (from > page.base.index && from <= endOf(page)) return slice(page, { from, to }, bytesMax);
    }
    return undefined;
  }

  snapshot(): undefined {
    return undefined;
  }

  /** Whether an append that begins with this entry can be made from memory. */
  isAtHand(next: number): boolean {
    if (this.term(next - 1) === undefined) return false;
    return next > this.#base.index || this.entries(next, next + 1, 0) !== undefined;
  }

  setHardState(hardState: HardState): void {
    this.#hardState = hardState;
  }

  /** As on disk now: truncates at the first index and appends. */
  append(entries: readonly Entry[]): void {
    const first = entries[0];
    if (first === undefined) return;
    const kept = first.index - this.#base.index - 1;
    assert(kept >= 0 && kept <= this.#entries.length, 'entries follow what is here');
    this.#bytes += entriesBytes(entries) - entriesBytes(this.#entries.slice(kept));
    this.#entries.length = kept;
    for (const entry of entries) this.#entries.push(entry);
  }

  /** Forgets of what is applied, the oldest first, what is more than the window keeps. */
  trim(applied: number): void {
    const { logWindowBytesMax: bytesMax, logWindowEntriesMax: entriesMax } = limits;
    if (this.#bytes <= bytesMax && this.#entries.length <= entriesMax) return;
    let count = 0;
    let bytes = this.#bytes;
    // Well below what is kept: each entry is moved once or twice, not with every block.
    while (bytes > bytesMax / 2 || this.#entries.length - count > entriesMax / 2) {
      const entry = this.#entries[count];
      if (entry === undefined || entry.index > applied) break;
      bytes -= entriesBytes([entry]);
      count += 1;
    }
    const last = this.#entries[count - 1];
    if (last === undefined) return;
    this.#entries = this.#entries.slice(count);
    this.#bytes = bytes;
    this.#base = { term: last.term, index: last.index };
  }

  /** A page for this member, in the place of the one before; undefined takes it away. */
  setPage(member: NodeId, page: LogPage | undefined): void {
    if (page === undefined) this.#pages.delete(member);
    else this.#pages.set(member, page);
  }

  get #window(): LogPage {
    return { base: this.#base, entries: this.#entries };
  }
}

function endOf({ base, entries }: LogPage): number {
  return base.index + entries.length;
}

function termIn({ base, entries }: LogPage, index: number): number | undefined {
  return index === base.index ? base.term : entries[index - base.index - 1]?.term;
}

function slice(
  { base, entries }: LogPage,
  range: { readonly from: number; readonly to: number },
  bytesMax: number,
): readonly Entry[] {
  const start = range.from - base.index - 1;
  const end = Math.min(range.to - base.index - 1, entries.length);
  return limitBytes(entries, bytesMax, { start, end });
}
