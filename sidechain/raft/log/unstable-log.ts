// SPDX-License-Identifier: Apache-2.0
// The end of the log that is not yet known to be durable: first it waits for a `Ready`, then it is
// being written, and it stays here until the storage reports it. It may replace entries that the
// storage still has. Invariant: offset <= inProgressEnd <= offset + entries.length; a snapshot lies
// right before offset.

import { assert } from '../../../base/assert.ts';
import type { Entry, Position } from '../entry.ts';
import type { Snapshot } from '../storage.ts';

export class UnstableLog {
  snapshot: Snapshot | undefined;
  /** The index of the first of `entries`, or of the next one to come. */
  offset: number;
  #entries: Entry[] = [];
  /** The entries below this index are being written. */
  #inProgressEnd: number;
  #snapshotInProgress = false;

  constructor(offset: number) {
    this.offset = offset;
    this.#inProgressEnd = offset;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** `undefined` if only the storage knows. */
  firstIndex(): number | undefined {
    return this.snapshot === undefined ? undefined : this.snapshot.index + 1;
  }

  /** `undefined` if only the storage knows. */
  lastIndex(): number | undefined {
    return this.#entries.at(-1)?.index ?? this.snapshot?.index;
  }

  term(index: number): number | undefined {
    if (index < this.offset) {
      return this.snapshot?.index === index ? this.snapshot.term : undefined;
    }
    return this.#entries[index - this.offset]?.term;
  }

  /** From `from` up to but without `to`. */
  slice(from: number, to: number): readonly Entry[] {
    assert(from >= this.offset && to <= this.offset + this.#entries.length, 'entries are unstable');
    return this.#entries.slice(from - this.offset, to - this.offset);
  }

  /** Entries that nobody began to write. */
  nextEntries(): readonly Entry[] {
    return this.#entries.slice(this.#inProgressEnd - this.offset);
  }

  hasNextEntries(): boolean {
    return this.#entries.length > this.#inProgressEnd - this.offset;
  }

  /** The snapshot, if nobody began to write it. */
  nextSnapshot(): Snapshot | undefined {
    return this.#snapshotInProgress ? undefined : this.snapshot;
  }

  /** All that is here was handed out to be written. */
  acceptInProgress(): void {
    this.#inProgressEnd = this.offset + this.#entries.length;
    this.#snapshotInProgress = this.snapshot !== undefined;
  }

  /** Entries up to there are durable. Ignored where the entry written is no longer the one that is
   * here. */
  stableTo(last: Position): void {
    if (last.index < this.offset || this.term(last.index) !== last.term) return;
    this.#entries = this.#entries.slice(last.index + 1 - this.offset);
    this.offset = last.index + 1;
    this.#inProgressEnd = Math.max(this.#inProgressEnd, this.offset);
  }

  stableSnapshotTo(index: number): void {
    if (this.snapshot?.index !== index) return;
    this.snapshot = undefined;
    this.#snapshotInProgress = false;
  }

  /** The snapshot takes the place of everything. */
  restore(snapshot: Snapshot): void {
    this.snapshot = snapshot;
    this.#snapshotInProgress = false;
    this.#entries = [];
    this.offset = snapshot.index + 1;
    this.#inProgressEnd = this.offset;
  }

  /** Appends, and drops first what is here from the first new index on: even if it is being
   * written. */
  truncateAndAppend(first: number, entries: readonly Entry[]): void {
    const kept = Math.max(first - this.offset, 0);
    assert(kept <= this.#entries.length, 'the log has no gaps');
    this.#entries.length = kept;
    this.offset = Math.min(this.offset, first);
    this.#inProgressEnd = Math.min(this.#inProgressEnd, Math.max(first, this.offset));
    for (const entry of entries) this.#entries.push(entry);
  }
}
