// SPDX-License-Identifier: Apache-2.0
// A `Storage` in memory: the recent window of a member's durable log, and the whole of it in tests.
// Its owner changes it after the same change is durable elsewhere. Invariant: entries are gapless
// from the base on.

import { assert } from '../../base/assert.ts';
import { type Configuration, emptyConfiguration } from './configuration/configuration.ts';
import { type Entry, limitBytes, type Position } from './entry.ts';
import { emptyHardState, type HardState, type Snapshot, type Storage } from './storage.ts';

export class MemoryStorage implements Storage {
  #hardState: HardState;
  #configuration: Configuration;
  #snapshot: Snapshot | undefined;
  /** The entry before the first one here. */
  #base: Position = { term: 0, index: 0 };
  #entries: Entry[] = [];

  /** What a member starts from; a restarted one then applies its snapshot and appends its
   * entries. */
  constructor(
    initial: { readonly hardState?: HardState; readonly configuration?: Configuration } = {},
  ) {
    this.#hardState = initial.hardState ?? emptyHardState;
    this.#configuration = initial.configuration ?? emptyConfiguration;
  }

  initialState(): { hardState: HardState; configuration: Configuration } {
    return { hardState: this.#hardState, configuration: this.#configuration };
  }

  firstIndex(): number {
    return this.#base.index + 1;
  }

  lastIndex(): number {
    return this.#base.index + this.#entries.length;
  }

  term(index: number): number | undefined {
    return index === this.#base.index ? this.#base.term : this.#at(index)?.term;
  }

  entries(from: number, to: number, bytesMax: number): readonly Entry[] | undefined {
    if (from < this.firstIndex()) return undefined;
    assert(from <= to && to <= this.lastIndex() + 1, 'only entries that are here are asked for');
    const first = this.firstIndex();
    return limitBytes(this.#entries, bytesMax, { start: from - first, end: to - first });
  }

  snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  setHardState(hardState: HardState): void {
    this.#hardState = hardState;
  }

  /** The configuration as of the last applied entry, for a restart. */
  setConfiguration(configuration: Configuration): void {
    this.#configuration = configuration;
  }

  /** Offers this snapshot to those who lag behind the window. Leaves the entries alone. */
  setSnapshot(snapshot: Snapshot): void {
    assert(snapshot.index >= (this.#snapshot?.index ?? 0), 'snapshots only go forward');
    this.#snapshot = snapshot;
  }

  /** Puts a snapshot in the place of everything. */
  applySnapshot(snapshot: Snapshot): void {
    this.setSnapshot(snapshot);
    this.#configuration = snapshot.configuration;
    this.#base = { term: snapshot.term, index: snapshot.index };
    this.#entries = [];
  }

  /** Truncates at the first index and appends. */
  append(entries: readonly Entry[]): void {
    const first = entries[0];
    if (first === undefined) return;
    assert(
      first.index >= this.firstIndex() && first.index <= this.lastIndex() + 1,
      'entries follow what is here, and do not replace what is compacted',
    );
    this.#entries.length = first.index - this.firstIndex();
    for (const entry of entries) this.#entries.push(entry);
  }

  /** Forgets the entries up to and with `index`; its term stays known. */
  compact(index: number): void {
    if (index <= this.#base.index) return;
    const last = this.#at(index);
    assert(last !== undefined, 'only what is here is compacted');
    this.#entries = this.#entries.slice(index - this.#base.index);
    this.#base = { term: last.term, index };
  }

  #at(index: number): Entry | undefined {
    return this.#entries[index - this.#base.index - 1];
  }
}
