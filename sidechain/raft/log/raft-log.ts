// SPDX-License-Identifier: Apache-2.0
// The whole log of a member, storage and unstable end seen as one, with the three marks that move
// along it. Invariant: applied <= applying <= committed <= lastIndex; none of the marks ever falls.

import { assert } from '../../../base/assert.ts';
import { type Entry, entriesBytes, limitBytes, type Position } from '../entry.ts';
import type { Snapshot, Storage } from '../storage.ts';
import { UnstableLog } from './unstable-log.ts';

export class RaftLog {
  readonly unstable: UnstableLog;
  /** Known to be durable on a majority. */
  committed: number;
  /** Handed out to be applied. */
  applying: number;
  /** Reported as applied. */
  applied: number;
  readonly #storage: Storage;
  readonly #applyingBytesMax: number;
  #applyingBytes = 0;
  #applyingPaused = false;

  constructor(storage: Storage, applyingBytesMax: number) {
    this.#storage = storage;
    this.#applyingBytesMax = applyingBytesMax;
    this.unstable = new UnstableLog(storage.lastIndex() + 1);
    this.committed = storage.firstIndex() - 1;
    this.applying = this.committed;
    this.applied = this.committed;
  }

  firstIndex(): number {
    return this.unstable.firstIndex() ?? this.#storage.firstIndex();
  }

  lastIndex(): number {
    return this.unstable.lastIndex() ?? this.#storage.lastIndex();
  }

  last(): Position {
    const index = this.lastIndex();
    const term = this.term(index);
    assert(term !== undefined, 'the storage knows the term of its last entry');
    return { term, index };
  }

  /** `undefined` for what is compacted or not yet there. */
  term(index: number): number | undefined {
    const unstable = this.unstable.term(index);
    if (unstable !== undefined) return unstable;
    if (index + 1 < this.firstIndex() || index > this.lastIndex()) return undefined;
    return this.#storage.term(index);
  }

  matches(position: Position): boolean {
    return this.term(position.index) === position.term;
  }

  /** Whether a log that ends there holds at least all that ours holds (Raft §5.4.1): term first,
   * then length. */
  isUpToDate(their: Position): boolean {
    const our = this.last();
    return their.term > our.term || (their.term === our.term && their.index >= our.index);
  }

  /** From `from` to the end, cut by `limitBytes`; `undefined` if `from` is compacted. */
  entriesFrom(from: number, bytesMax: number): readonly Entry[] | undefined {
    return from > this.lastIndex() ? [] : this.slice(from, this.lastIndex() + 1, bytesMax);
  }

  /** From `from` up to but without `to`, cut by `limitBytes`; `undefined` if `from` is
   * compacted. */
  slice(from: number, to: number, bytesMax: number): readonly Entry[] | undefined {
    assert(from <= to && to <= this.lastIndex() + 1, 'only what is in the log is asked for');
    if (from < this.firstIndex()) return undefined;
    const { offset } = this.unstable;
    if (from >= offset) return limitBytes(this.unstable.slice(from, to), bytesMax);
    const stableEnd = Math.min(to, offset);
    const stable = this.#storage.entries(from, stableEnd, bytesMax);
    if (stable === undefined || to <= offset || stable.length < stableEnd - from) return stable;
    return limitBytes([...stable, ...this.unstable.slice(offset, to)], bytesMax);
  }

  /** Appends what follows; truncates what stands in its place. Never touches what is committed. */
  append(entries: readonly Entry[]): void {
    const first = entries[0]?.index;
    if (first === undefined) return;
    assert(first > this.committed, 'a committed entry is never replaced');
    this.unstable.truncateAndAppend(first, entries);
  }

  /**
   * Takes over a leader's entries if ours agree with it at `previous`, and commits as far as it
   * has.
   * @returns the last index that now agrees with the leader, or `undefined` if `previous` does not.
   */
  maybeAppend(
    previous: Position,
    entries: readonly Entry[],
    leaderCommit: number,
  ): number | undefined {
    if (!this.matches(previous)) return undefined;
    // Entries we have already stay, with all behind them: an old, short append must not cut the
    // log.
    const news = entries.findIndex((entry) => !this.matches(entry));
    if (news !== -1) this.append(entries.slice(news));
    const agreed = previous.index + entries.length;
    this.commitTo(Math.min(leaderCommit, agreed));
    return agreed;
  }

  /** The highest position at or before `index` whose term is not above `term`: no later one can
   * agree with a log that has `term` at `index`. Term 0 where ours is not known. */
  findConflictByTerm(index: number, term: number): Position {
    for (let at = index; at > 0; at -= 1) {
      const our = this.term(at);
      if (our === undefined) return { term: 0, index: at };
      if (our <= term) return { term: our, index: at };
    }
    return { term: 0, index: 0 };
  }

  commitTo(index: number): void {
    if (index <= this.committed) return;
    assert(
      index <= this.lastIndex(),
      `index ${index} is committed and the log ends at ${this.lastIndex()}: this member lost ` +
        'entries that it had acknowledged. Remove it and let it join under a new id',
    );
    this.committed = index;
  }

  appliedTo(index: number, bytes: number): void {
    assert(index >= this.applied && index <= this.committed, 'only committed entries are applied');
    this.applied = index;
    this.applying = Math.max(this.applying, index);
    this.#applyingBytes = Math.max(this.#applyingBytes - bytes, 0);
    this.#applyingPaused = this.#applyingBytes >= this.#applyingBytesMax;
  }

  /** Committed entries to hand out. `allowUnstable`: the caller makes the unstable ones durable
   * before. */
  nextCommitted(allowUnstable: boolean): readonly Entry[] {
    if (!this.hasNextCommitted(allowUnstable)) return [];
    const end = this.#appliableEnd(allowUnstable);
    const bytesMax = this.#applyingBytesMax - this.#applyingBytes;
    const entries = this.slice(this.applying + 1, end, bytesMax);
    assert(entries !== undefined, 'what is not applied is not compacted');
    return entries;
  }

  hasNextCommitted(allowUnstable: boolean): boolean {
    // With a snapshot under way nothing is applied: what it stands for comes first.
    if (this.#applyingPaused || this.unstable.snapshot !== undefined) return false;
    return this.applying + 1 < this.#appliableEnd(allowUnstable);
  }

  /** These entries were handed out. */
  acceptApplying(entries: readonly Entry[], allowUnstable: boolean): void {
    const last = entries.at(-1);
    if (last === undefined) return;
    assert(last.index <= this.committed, 'only committed entries are applied');
    this.applying = last.index;
    this.#applyingBytes += entriesBytes(entries);
    this.#applyingPaused =
      this.#applyingBytes >= this.#applyingBytesMax ||
      last.index + 1 < this.#appliableEnd(allowUnstable);
  }

  /** For one whose next entry is `next`. */
  snapshot(next: number): Snapshot | undefined {
    return this.unstable.snapshot ?? this.#storage.snapshot(next);
  }

  /** The snapshot takes the place of the whole log. */
  restore(snapshot: Snapshot): void {
    assert(snapshot.index > this.committed, 'a snapshot never takes back what is committed');
    this.committed = snapshot.index;
    this.unstable.restore(snapshot);
  }

  #appliableEnd(allowUnstable: boolean): number {
    const end = this.committed + 1;
    return allowUnstable ? end : Math.min(end, this.unstable.offset);
  }
}
