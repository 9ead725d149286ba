// SPDX-License-Identifier: Apache-2.0
// What a member has on its disk, and the transactions that change it. The image is what a restart finds; the
// simulation keeps it beside the disk as the truth that members are judged by.

import { assert } from '../../../base/assert.ts';
import {
  type Configuration,
  emptyConfiguration,
} from '../../../sidechain/raft/configuration/configuration.ts';
import type { Entry, Position } from '../../../sidechain/raft/entry.ts';
import { emptyHardState, type HardState } from '../../../sidechain/raft/storage.ts';
import { emptyLedger, type Ledger } from './ledger.ts';

/**
 * Applied state, with what must never be apart from it: up to where it goes, and who the members
 * are then.
 */
export type Applied = { readonly ledger: Ledger; readonly configuration: Configuration };

export const nothingApplied: Applied = { ledger: emptyLedger, configuration: emptyConfiguration };

/** One transaction. */
export type Transaction =
  | {
      /** Of one `Ready`: all of it or nothing. */
      readonly kind: 'log';
      readonly hardState: HardState | undefined;
      /** Takes the place of log and applied state. */
      readonly snapshot: Applied | undefined;
      readonly entries: readonly Entry[];
    }
  | { readonly kind: 'applied'; readonly applied: Applied }
  /** Entries up to `index` are forgotten. */
  | { readonly kind: 'compacted'; readonly index: number };

/** Terms and entries from a base on, without gaps. */
export class LogImage {
  base: Position = { term: 0, index: 0 };
  #entries: Entry[] = [];

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  get lastIndex(): number {
    return this.base.index + this.#entries.length;
  }

  at(index: number): Entry | undefined {
    return this.#entries[index - this.base.index - 1];
  }

  term(index: number): number | undefined {
    return index === this.base.index ? this.base.term : this.at(index)?.term;
  }

  /** Whether it holds that entry, or stands for it by what was compacted. */
  holds({ term, index }: Position): boolean {
    return index < this.base.index || this.term(index) === term;
  }

  append(entries: readonly Entry[]): void {
    const first = entries[0];
    if (first === undefined) return;
    const kept = first.index - this.base.index - 1;
    assert(kept >= 0 && kept <= this.#entries.length, `a log without gaps, also at ${first.index}`);
    this.#entries.length = kept;
    this.#entries.push(...entries);
  }

  copy(): LogImage {
    const copy = new LogImage();
    copy.base = this.base;
    copy.#entries = [...this.#entries];
    return copy;
  }

  restart(base: Position): void {
    this.base = { term: base.term, index: base.index };
    this.#entries = [];
  }

  compact(index: number): void {
    const last = this.at(index);
    if (last === undefined) return;
    this.#entries = this.#entries.slice(index - this.base.index);
    this.base = { term: last.term, index };
  }
}

export class DurableImage {
  hardState: HardState = emptyHardState;
  log = new LogImage();
  applied: Applied = nothingApplied;

  copy(): DurableImage {
    const copy = new DurableImage();
    copy.hardState = this.hardState;
    copy.log = this.log.copy();
    copy.applied = this.applied;
    return copy;
  }

  commit(transaction: Transaction): void {
    switch (transaction.kind) {
      case 'log':
        if (transaction.hardState !== undefined) this.hardState = transaction.hardState;
        if (transaction.snapshot !== undefined) this.install(transaction.snapshot);
        this.log.append(transaction.entries);
        break;
      case 'applied':
        this.applied = transaction.applied;
        break;
      case 'compacted':
        this.log.compact(transaction.index);
        break;
    }
  }

  install(snapshot: Applied): void {
    this.applied = snapshot;
    this.log.restart(snapshot.ledger);
  }
}
