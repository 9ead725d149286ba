// SPDX-License-Identifier: Apache-2.0
// This gateway's own entries, from the moment they are signed until a block has taken or refused
// them: on disk in the outbox, the oldest of them in memory too, and of those in the pool what
// waits for a block. Nothing is pooled before it is durable, and nothing leaves before its block
// is.

import { assert } from '../../base/assert.ts';
import { keyOf } from '../../base/bytes.ts';
import { limits } from '../../base/limits.ts';
import type { Suite } from '../../base/suite.ts';
import type { Statement } from '../../host/sqlite.ts';
import type { BlockEntry } from '../chain/block.ts';

import type { AppliedBlock } from '../chain/ledger.ts';
import type { Refused } from '../chain/own-outputs.ts';
import { blockEntryBytes, type CuttingRules, Pool } from '../chain/pool.ts';
import type { Outbox, OutboxRow } from './outbox.ts';

/** What became of an entry. `known`: it was on the chain before, so all is well. */
export type Applied =
  | { readonly kind: 'accepted' | 'known'; readonly height: number }
  | { readonly kind: 'refused'; readonly height: number; readonly reason: string };

type Waiter = PromiseWithResolvers<Applied> & { readonly sinceMs: number };

/** The statements are for a transaction; `finish` is called once it is durable. */
export type Settlement = { readonly statements: readonly Statement[]; readonly finish: () => void };

/** An entry of our own that the chain has: a majority has the block on disk in its log, and so have we. */
export type Committed = { readonly id: Uint8Array; readonly afterMs: number };

export type SubmissionRules = CuttingRules & {
  /** Told of each entry that is waited for, before its block is stored: after a crash that may be once more. */
  readonly onCommitted?: ((committed: Committed) => void) | undefined;
};

/** What leaves with a block. */
type Leaving = { readonly statements: Statement[]; readonly tell: (() => void)[] };

export class Submissions {
  readonly #suite: Suite;
  readonly #outbox: Outbox;
  readonly #pool: Pool<OutboxRow>;
  readonly #waiters = new Map<string, Waiter>();
  /** Rows in memory by entry id, oldest first: all up to #windowTo that no block has settled. */
  readonly #window = new Map<string, OutboxRow>();
  #windowTo = 0;
  #windowBytes = 0;
  /** Not durable yet. */
  #arrivals: { readonly row: OutboxRow; readonly statement: Statement }[] = [];
  /** Being written. */
  #underWay: readonly OutboxRow[] = [];
  /** Number of the newest numbered entry that waits. */
  #lastSequence: number | undefined;
  #isOpen = false;
  #retryCount = 0;
  readonly #onCommitted: (committed: Committed) => void;

  private constructor(suite: Suite, outbox: Outbox, rules: SubmissionRules) {
    this.#suite = suite;
    this.#outbox = outbox;
    this.#pool = new Pool(rules);
    this.#onCommitted = rules.onCommitted ?? (() => {});
  }

  static async open(suite: Suite, outbox: Outbox, rules: SubmissionRules): Promise<Submissions> {
    const submissions = new Submissions(suite, outbox, rules);
    submissions.#lastSequence = await outbox.lastSequence();
    await submissions.#read();
    return submissions;
  }

  get outbox(): Outbox {
    return this.#outbox;
  }

  get hasArrivals(): boolean {
    return this.#arrivals.length > 0;
  }

  /** Whether entries are on their way into the pool. */
  get isExpecting(): boolean {
    return this.#arrivals.length > 0 || this.#underWay.length > 0;
  }

  /** Whether the memory has room for more of what is on disk. */
  get canRefill(): boolean {
    return this.#windowTo < this.#storedTo && this.#hasRoom;
  }

  /** The number after the newest that waits, or after the newest on the chain. */
  nextSequence(onChain: number): number {
    return Math.max(this.#lastSequence ?? 0, onChain) + 1;
  }

  /**
   * The promise is settled when a block has it. The same entry once more, while it waits, is not
   * taken again: after a restart whoever signs anew may say what is on its way already.
   * @throws TielineError `outbox-full`
   */
  add(
    id: Uint8Array,
    entry: BlockEntry,
    { sequence, nowMs }: { readonly sequence: number | undefined; readonly nowMs: number },
  ): Promise<Applied> {
    const key = keyOf(id);
    const known = this.#waiters.get(key);
    if (known !== undefined) return known.promise;
    if (!this.#window.has(key)) {
      this.#arrivals.push(this.#outbox.add(entry, sequence));
      this.#lastSequence = sequence ?? this.#lastSequence;
    }
    const waiter = { ...Promise.withResolvers<Applied>(), sinceMs: nowMs };
    this.#waiters.set(key, waiter);
    // The entry is safe whether or not anyone waits for it: a rejection that nobody takes is no
    // fault.
    waiter.promise.catch(() => {});
    return waiter.promise;
  }

  /** What has arrived, for the next transaction; `finish` once it is durable. */
  takeArrivals(nowMs: number): Settlement {
    const arrivals = this.#arrivals;
    this.#arrivals = [];
    this.#underWay = arrivals.map(({ row }) => row);
    return {
      statements: arrivals.map(({ statement }) => statement),
      finish: () => {
        const written = this.#underWay;
        this.#underWay = [];
        for (const row of written) {
          // Behind rows that are on disk only, it is read back in its turn.
          if (row.position === this.#windowTo + 1 && this.#hasRoom) this.#enter(row, nowMs);
        }
      },
    };
  }

  /**
   * This member leads, and all before its term is applied: what no block has yet is to be proposed.
   */
  openPool(nowMs: number): void {
    this.#pool.clear();
    this.#isOpen = true;
    for (const row of this.#window.values()) this.#pool.add(row, nowMs);
  }

  closePool(): void {
    this.#pool.clear();
    this.#isOpen = false;
  }

  /**
   * The oldest that are durable and in no block yet, behind a position, for the leader: up to so
   * many bytes, but at least one.
   */
  waitingAfter(position: number, bytesMax: number): readonly OutboxRow[] {
    const rows: OutboxRow[] = [];
    let bytes = 0;
    for (const row of this.#window.values()) {
      if (row.position <= position) continue;
      bytes += blockEntryBytes(row.entry);
      if (rows.length === limits.submitEntriesMax) break;
      if (rows.length > 0 && bytes > bytesMax) break;
      rows.push(row);
    }
    return rows;
  }

  /** So many times a block came too early for an entry, which is to be proposed again. */
  get retryCount(): number {
    return this.#retryCount;
  }

  /** How much of ours waits for a block that this member proposes. */
  get pooled(): { readonly length: number; readonly bytes: number } {
    return this.#pool;
  }

  /** The entries of the next block, oldest first. */
  next(): readonly BlockEntry[] {
    return this.#pool.next().map(({ entry }) => entry);
  }

  /** The oldest in the pool are proposed. */
  proposed(count: number): void {
    this.#pool.remove(count);
  }

  isBlockDue(nowMs: number): boolean {
    return this.#pool.isDue(nowMs);
  }

  /** Reads on where the memory has room for more of what is on disk. */
  async refill(nowMs: number): Promise<void> {
    if (!this.canRefill) return;
    for (const row of await this.#read()) if (this.#isOpen) this.#pool.add(row, nowMs);
  }

  /**
   * What a block means for the entries that wait here: it may hold some of them, taken or refused.
   */
  async settle(block: AppliedBlock, nowMs: number): Promise<Settlement> {
    const { height } = block.header;
    const leaving: Leaving = { statements: [], tell: [] };
    const isEarly = ({ id, reason }: Refused): boolean =>
      reason === 'gap' && this.#isBehindAnother(id);
    // Before anything leaves: the number before may be in this very block, behind.
    const early = block.refused.filter(isEarly);
    for (const { id } of early) this.#retry(id, nowMs);
    for (const id of block.accepted) {
      // Most are of others.
      if (this.#leave(id, { kind: 'accepted', height }, leaving) === undefined) continue;
      const sinceMs = this.#waiters.get(keyOf(id))?.sinceMs;
      if (sinceMs !== undefined) this.#onCommitted({ id, afterMs: nowMs - sinceMs });
    }
    for (const refused of block.refused) {
      const { id, reason } = refused;
      if (early.includes(refused)) continue;
      if (reason === 'old' || reason === 'duplicate') {
        this.#leave(id, { kind: 'known', height }, leaving);
        continue;
      }
      const row = this.#leave(id, { kind: 'refused', height, reason }, leaving);
      if (row?.sequence !== undefined) await this.#purgeAfter(row.sequence, height, leaving);
    }
    return {
      statements: leaving.statements,
      finish: () => {
        for (const tell of leaving.tell) tell();
      },
    };
  }

  /**
   * Of what waits here, the oldest number that the chain has already: then another entry was signed
   * under it, which this disk does not know of.
   */
  doubledNumber(onChain: number): number | undefined {
    for (const { sequence } of this.#window.values()) {
      if (sequence !== undefined) return sequence <= onChain ? sequence : undefined;
    }
    return undefined;
  }

  /** Nobody will hear of any entry any more, in this process. */
  abandon(error: unknown): void {
    for (const { reject } of this.#waiters.values()) reject(error);
    this.#waiters.clear();
  }

  /** Position of the newest entry that is durable, or was. */
  get #storedTo(): number {
    return (this.#arrivals[0]?.row.position ?? this.#outbox.lastPosition + 1) - 1;
  }

  get #hasRoom(): boolean {
    return this.#windowBytes < limits.poolBytesMax;
  }

  async #read(): Promise<readonly OutboxRow[]> {
    const rows = await this.#outbox.read(this.#windowTo, limits.poolBytesMax - this.#windowBytes);
    for (const row of rows) this.#remember(row);
    if (rows.length === 0) this.#windowTo = this.#storedTo;
    return rows;
  }

  #enter(row: OutboxRow, nowMs: number): void {
    this.#remember(row);
    if (this.#isOpen) this.#pool.add(row, nowMs);
  }

  #remember(row: OutboxRow): void {
    assert(row.position > this.#windowTo, 'entries come into memory in their order');
    this.#window.set(this.#keyOf(row), row);
    this.#windowTo = row.position;
    this.#windowBytes += blockEntryBytes(row.entry);
  }

  /** Another gateway's entry, or one that has left before, is not ours to remove. */
  #leave(id: Uint8Array, applied: Applied, leaving: Leaving): OutboxRow | undefined {
    const key = keyOf(id);
    const row = this.#window.get(key);
    if (row === undefined) return undefined;
    this.#forget(key, row);
    leaving.statements.push(this.#outbox.remove(row));
    leaving.tell.push(() => this.#tell(key, applied));
    return row;
  }

  /**
   * A numbered entry was refused for good, so the numbers behind it can never be taken. They leave
   * as refused, and its number is given again: the gateway signs anew, and says what was lost.
   */
  async #purgeAfter(sequence: number, height: number, leaving: Leaving): Promise<void> {
    const isBehind = (row: OutboxRow): boolean => (row.sequence ?? 0) > sequence;
    const refuse = (key: string): void => {
      leaving.tell.push(() => this.#tell(key, { kind: 'refused', height, reason: 'gap' }));
    };
    this.#lastSequence = sequence - 1;
    this.#pool.removeIf(isBehind);
    for (const [key, row] of [...this.#window]) {
      if (!isBehind(row)) continue;
      this.#forget(key, row);
      refuse(key);
    }
    const from = this.#underWay[0]?.position ?? this.#storedTo + 1;
    const written = this.#underWay.filter(isBehind);
    this.#underWay = this.#underWay.filter((row) => !isBehind(row));
    for (const row of written) refuse(this.#keyOf(row));
    for (const { row } of this.#arrivals.filter(({ row }) => isBehind(row))) {
      this.#outbox.cancel(row);
      refuse(this.#keyOf(row));
    }
    this.#arrivals = this.#arrivals.filter(({ row }) => !isBehind(row));
    leaving.statements.push(await this.#outbox.removeAfter(sequence, { from, written }));
  }

  #forget(key: string, row: OutboxRow): void {
    this.#window.delete(key);
    this.#windowBytes -= blockEntryBytes(row.entry);
  }

  #tell(key: string, applied: Applied): void {
    this.#waiters.get(key)?.resolve(applied);
    this.#waiters.delete(key);
  }

  #keyOf(row: OutboxRow): string {
    return keyOf(this.#suite.sha256(row.entry.entry));
  }

  /** Whether a number before this one is still on its way: then the gap will be filled. */
  #isBehindAnother(id: Uint8Array): boolean {
    const own = this.#window.get(keyOf(id));
    for (const row of this.#window.values()) {
      if (row === own) return false;
      if (row.sequence !== undefined) return own !== undefined;
    }
    return false;
  }

  #retry(id: Uint8Array, nowMs: number): void {
    const row = this.#window.get(keyOf(id));
    if (row === undefined) return;
    this.#retryCount += 1;
    if (this.#isOpen) this.#pool.add(row, nowMs);
  }
}
