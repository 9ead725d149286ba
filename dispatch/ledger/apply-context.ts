// SPDX-License-Identifier: Apache-2.0
// What each transaction is judged with, beside the ledger and its own bytes.

import type { CheckedAnchor } from './checked-anchor.ts';

/**
 * What a transaction is judged with besides the ledger itself; the ordering decides them, alike for
 * all.
 */
export type ApplyContext = {
  /** Time of the order, not of the machine that applies. */
  readonly timeMs: number;
};

export type AnchorContext = ApplyContext & {
  /**
   * Root accepted from this chain at the anchor's size, which lies below its newest; undefined
   * where none.
   */
  readonly acceptedRoot: Uint8Array | undefined;
  /** Its signatures, where they were verified before: the outcome is the same without. */
  readonly ahead?: CheckedAnchor | undefined;
};

export type ReportContext = ApplyContext & {
  /** How many reports of this member are stored, of any chain's subject. */
  readonly reportCount: number;
};

export type RecordContext = ApplyContext & {
  /** Leaf of the stored record with the same bytes; undefined where none is. */
  readonly recordIndex: number | undefined;
  /** Of a word of the market: what is stored of the asset that it names. */
  readonly named?: NamedAsset | undefined;
};

/** An asset, and what has followed it. Organisations are those of their signers. */
export type NamedAsset = {
  readonly organisation: string;
  /** Of the asset that it answers; undefined where it answers none. */
  readonly offeredBy: string | undefined;
  /** Those that have signed for it. */
  readonly agreedBy: readonly string[];
};

/** What any transaction may need. */
export type AnyContext = AnchorContext & ReportContext & RecordContext;
