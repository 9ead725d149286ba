// SPDX-License-Identifier: Apache-2.0
// What the core reads of the log on disk: all that is not applied, some of what is, for those who
// are a little behind, and pages from further back for those who are far behind (catch-up.ts): what
// is on disk and not in memory is read, and until then nothing is sent. Invariant: the window is
// gapless from its base to the end of the log.

import { limits } from '../../base/limits.ts';
import type { Configuration } from '../raft/configuration/configuration.ts';
import { type Entry, entriesBytes, limitBytes, type NodeId, type Position } from '../raft/entry.ts';
import { MemoryStorage } from '../raft/memory-storage.ts';
import type { HardState, Snapshot, Storage } from '../raft/storage.ts';

/** Entries of the log that follow `base`. */
export type LogPage = { readonly base: Position; readonly entries: readonly Entry[] };

export class LogWindow implements Storage {
  readonly #recent: MemoryStorage;
  /** For each member that is far behind: what it needs next. */
  readonly #pages = new Map<NodeId, LogPage>();
  #bytes = 0;
  /** The entry before the first one on disk. */
  #before: Position;
  #offer: Snapshot | undefined;

  /** `before` is where the log on disk begins, behind that entry. `entries` are all that follow `base`, up to which all is applied. */
  constructor(stored: {
    readonly hardState: HardState;
    readonly configuration: Configuration;
    readonly base: Position;
    readonly entries: readonly Entry[];
    readonly before?: Position;
  }) {
    this.#before = stored.before ?? { term: 0, index: 0 };
    const { hardState, configuration, base, entries } = stored;
    this.#recent = new MemoryStorage({ hardState, configuration });
    this.#recent.applySnapshot({ ...base, configuration, data: new Uint8Array() });
    this.append(entries);
  }

  initialState(): { hardState: HardState; configuration: Configuration } {
    return this.#recent.initialState();
  }

  firstIndex(): number {
    return this.#before.index + 1;
  }

  /** What came before is in segments now: the log on disk begins behind this entry. */
  compact(before: Position): void {
    this.#before = before;
  }

  /** All up to there is applied, and on disk for good. */
  get baseIndex(): number {
    return this.#recent.firstIndex() - 1;
  }

  lastIndex(): number {
    return this.#recent.lastIndex();
  }

  term(index: number): number | undefined {
    if (index === this.#before.index) return this.#before.term;
    if (index < this.#before.index) return undefined;
    if (index >= this.baseIndex) return this.#recent.term(index);
    for (const page of this.#pages.values()) {
      const term = termIn(page, index);
      if (term !== undefined) return term;
    }
    return undefined;
  }

  /** Undefined for what has to be read from the disk before; fewer where a page ends. */
  entries(from: number, to: number, bytesMax: number): readonly Entry[] | undefined {
    if (from <= this.#before.index) return undefined;
    if (from > this.baseIndex) return this.#recent.entries(from, to, bytesMax);
    for (const page of this.#pages.values()) {
      if (from > page.base.index && from <= endOf(page)) return slice(page, { from, to }, bytesMax);
    }
    return undefined;
  }

  /** What Raft sends in the place of entries that are not on disk any more. */
  snapshot(next: number): Snapshot | undefined {
    return next < this.firstIndex() ? this.#offer : undefined;
  }

  /** From now on that is what who is too far behind gets. */
  offer(snapshot: Snapshot): void {
    this.#offer = snapshot;
  }

  /** Whether an append that begins with this entry can be made from memory. */
  isAtHand(next: number): boolean {
    if (this.term(next - 1) === undefined) return false;
    return next > this.baseIndex || this.entries(next, next + 1, 0) !== undefined;
  }

  setHardState(hardState: HardState): void {
    this.#recent.setHardState(hardState);
  }

  /** As on disk now: truncates at the first index and appends. */
  append(entries: readonly Entry[]): void {
    const first = entries[0]?.index;
    if (first === undefined) return;
    const replaced = first > this.lastIndex() ? [] : this.#allFrom(first, this.lastIndex());
    this.#recent.append(entries);
    this.#bytes += entriesBytes(entries) - entriesBytes(replaced);
  }

  /** Forgets of what is applied, the oldest first, what is more than the window keeps. */
  trim(applied: number): void {
    const { logWindowBytesMax: bytesMax, logWindowEntriesMax: entriesMax } = limits;
    if (this.#bytes <= bytesMax && this.#length <= entriesMax) return;
    let last = this.baseIndex;
    // Well below what is kept: each entry is moved once or twice, not with every block.
    for (const entry of this.#allFrom(last + 1, applied)) {
      const isKept = this.#bytes <= bytesMax / 2 && this.lastIndex() - last <= entriesMax / 2;
      if (isKept) break;
      this.#bytes -= entriesBytes([entry]);
      last = entry.index;
    }
    this.#recent.compact(last);
  }

  get #length(): number {
    return this.lastIndex() - this.baseIndex;
  }

  #allFrom(first: number, last: number): readonly Entry[] {
    return this.#recent.entries(first, last + 1, Number.POSITIVE_INFINITY) ?? [];
  }

  /** A page for this member, in the place of the one before; undefined takes it away. */
  setPage(member: NodeId, page: LogPage | undefined): void {
    if (page === undefined) this.#pages.delete(member);
    else this.#pages.set(member, page);
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
