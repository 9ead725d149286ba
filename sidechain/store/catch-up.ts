// SPDX-License-Identifier: Apache-2.0
// Reads from the disk what members far behind need next, beside the loop: only what is applied, and
// so never changes. A few pages are in memory at a time; who has none waits for its turn.

import { limits } from '../../base/limits.ts';
import type { Suite } from '../../base/suite.ts';
import type { Database } from '../../host/sqlite.ts';
import { type Entry, entriesBytes, type NodeId, type Position } from '../raft/entry.ts';
import { damaged } from './damage.ts';
import { entryOf, walkLog } from './log-table.ts';
import type { LogPage, LogWindow } from './log-window.ts';

export class CatchUp {
  readonly #database: Database;
  readonly #suite: Suite;
  readonly #window: LogWindow;
  readonly #onDamaged: (index: number) => void;
  readonly #pages = new Map<NodeId, number>();
  readonly #reading = new Set<NodeId>();

  constructor(options: {
    readonly database: Database;
    readonly suite: Suite;
    readonly window: LogWindow;
    /** Told of an entry that is not what was written: nobody gets past it until it is mended. */
    readonly onDamaged: (index: number) => void;
  }) {
    this.#database = options.database;
    this.#suite = options.suite;
    this.#window = options.window;
    this.#onDamaged = options.onDamaged;
  }

  /**
   * Reads on for whoever needs it; `next` is the first entry that goes to a member. Those who are
   * not named need nothing any more.
   * @throws what reading throws.
   */
  async serve(members: ReadonlyMap<NodeId, number>): Promise<void> {
    for (const member of this.#pages.keys()) {
      const next = members.get(member);
      if (next === undefined || next > (this.#pages.get(member) ?? 0)) this.#drop(member);
    }
    const reads = [...members].map(async ([member, next]) => {
      const isGone = next < this.#window.firstIndex();
      if (isGone || this.#reading.has(member) || this.#window.isAtHand(next)) return;
      const isAllowed = this.#pages.has(member) || this.#taken < limits.catchUpPagesMax;
      if (isAllowed) await this.#read(member, next);
    });
    await Promise.all(reads);
  }

  get #taken(): number {
    return new Set([...this.#pages.keys(), ...this.#reading]).size;
  }

  #drop(member: NodeId): void {
    this.#pages.delete(member);
    this.#window.setPage(member, undefined);
  }

  async #read(member: NodeId, next: number): Promise<void> {
    this.#reading.add(member);
    try {
      const page = await this.#page(next);
      // It may have gone into a segment meanwhile.
      if (next < this.#window.firstIndex()) return;
      if (page.entries.length === 0) return;
      this.#window.setPage(member, page);
      this.#pages.set(member, page.base.index + page.entries.length);
    } finally {
      this.#reading.delete(member);
    }
  }

  async #page(next: number): Promise<LogPage> {
    const first = this.#window.firstIndex();
    let base: Position = { term: this.#window.term(first - 1) ?? 0, index: first - 1 };
    const entries: Entry[] = [];
    let bytes = 0;
    // What is behind the base may still change, and is in the window.
    const to = this.#window.baseIndex;
    for await (const row of walkLog(this.#database, { from: Math.max(next - 1, 1), to })) {
      const entry = entryOf(this.#suite, row);
      if (entry === undefined) {
        this.#onDamaged(row.index);
        break;
      }
      if (entry.index === next - 1) {
        base = { term: entry.term, index: entry.index };
        continue;
      }
      if (entry.index !== base.index + entries.length + 1) {
        if (next < this.#window.firstIndex()) break;
        throw damaged('the log has a gap');
      }
      entries.push(entry);
      bytes += entriesBytes([entry]);
      if (bytes >= limits.catchUpPageBytes) break;
    }
    return { base, entries };
  }
}
