// SPDX-License-Identifier: Apache-2.0
// What the core reads of a member's durable state. It only reads: all writing is asked for in a
// `Ready` and done by the caller. Invariant: what was reported as written (by `advance` or a
// storage response) is seen by the next read.

import type { Configuration } from './configuration/configuration.ts';
import type { Entry, NodeId } from './entry.ts';

/** What must survive a crash for Raft to be safe, beside the log. Written in one transaction with
 * the entries. */
export type HardState = {
  readonly term: number;
  /** Voted for in this term; 0 = nobody. */
  readonly vote: NodeId;
  /** May lag behind after a crash: it is learned again from the leader. */
  readonly commit: number;
};

export const emptyHardState: HardState = { term: 0, vote: 0, commit: 0 };

/** Stands for all entries up to `index`, the last of which is of `term`. */
export type Snapshot = {
  readonly index: number;
  readonly term: number;
  /** As it is after the entry at `index`. */
  readonly configuration: Configuration;
  /** The applied state, or where to get it: opaque here. */
  readonly data: Uint8Array;
};

/** Synchronous, for the core is: keep what can be asked for in memory (see `MemoryStorage`). */
export type Storage = {
  /** Read once, at start. */
  initialState(): { readonly hardState: HardState; readonly configuration: Configuration };
  /** First entry that can still be read: one after the snapshot or compaction. */
  firstIndex(): number;
  /** `firstIndex() - 1` for an empty log. */
  lastIndex(): number;
  /** Known from `firstIndex() - 1` to `lastIndex()`; `undefined` outside (compacted, or not yet
   * written). */
  term(index: number): number | undefined;
  /** Entries from `from` up to but without `to`, cut by `limitBytes`; `undefined` if `from` is
   * compacted. */
  entries(from: number, to: number, bytesMax: number): readonly Entry[] | undefined;
  /** The latest, reaching up to `firstIndex() - 1` at least, for one whose next entry is `next`;
   * `undefined` while none is at hand: the core asks again later. */
  snapshot(next: number): Snapshot | undefined;
};
