// SPDX-License-Identifier: Apache-2.0
// Where the history lies: one interface, kept by SQLite and by PostgreSQL. A store holds rows and,
// in the same transaction, how far the accepted messages have been read in; nothing else. Values
// are shown as they are stored, also where somebody has altered them: what they should be is for
// those to say who hold the proofs.

import type { HistoryPlace, HistoryRow } from './history-row.ts';

/** The last message that was read in: 0 and null before the first. */
export type HistoryPosition = {
  readonly sequence: number;
  /** SHA-256 of the message, so that a history of another ledger is noticed. */
  readonly hash: Uint8Array | null;
};

export type HistoryQuery = {
  readonly chainId: Uint8Array;
  /** Windows that start at or after this, */
  readonly fromMs: number;
  /** and before this. */
  readonly toMs: number;
  readonly devices: ReadonlySet<string> | 'all';
  readonly obis: string | undefined;
  /** Also those that a later revision has replaced. */
  readonly allRevisions: boolean;
  readonly after: HistoryPlace | undefined;
  readonly countMax: number;
};

export type Register = { readonly device: string; readonly obis: string };

export type RegisterQuery = {
  readonly chainId: Uint8Array;
  /** Of this one alone. */
  readonly device: string | undefined;
  readonly after: Register | undefined;
};

export type HistoryStore = {
  readonly kind: 'sqlite' | 'postgres';

  position(): Promise<HistoryPosition>;

  /**
   * Rows and position in one transaction. An output that is there already stays as it is: two
   * messages that brought it brought the same. `moved`: the position is not `from` any more,
   * because another program reads in, too; then nothing was written.
   */
  add(batch: {
    readonly from: number;
    readonly to: HistoryPosition;
    readonly rows: readonly HistoryRow[];
  }): Promise<'added' | 'moved'>;

  /** In the order of start, height and index. */
  query(query: HistoryQuery): Promise<readonly HistoryRow[]>;

  /** The first chain behind `after`, by id, that has a summary of this device. */
  chainWith(device: string, after: Uint8Array): Promise<Uint8Array | undefined>;

  /** The first register behind `after` by device and name, in the order of the database. */
  registerBehind(query: RegisterQuery): Promise<Register | undefined>;

  /** Throws all rows away and the position with them. */
  clear(): Promise<void>;

  /** Throws windows away that start before this. */
  dropBefore(startMs: number): Promise<void>;
};
