// SPDX-License-Identifier: Apache-2.0
// What a benchmark asks of a member's process, and what comes back.

/** `inflight` entries always under way; or so many a second, however long each takes. */
export type Load = {
  readonly pace: { readonly inflight: number } | { readonly perSecond: number };
  /** Packs in each entry. */
  readonly packs: number;
  readonly warmUpMs: number;
  readonly runMs: number;
};

export type Order =
  | { readonly kind: 'load'; readonly load: Load }
  /** One entry after the other, until one that was signed from now on is in a block. */
  | { readonly kind: 'probe' }
  | { readonly kind: 'status' };

export type Report =
  | {
      readonly kind: 'load';
      /** Until a majority had it on disk, as etcd's puts are; and until its block was stored besides. */
      readonly committedMs: readonly number[];
      readonly storedMs: readonly number[];
      readonly cpu: number;
    }
  /** Wall clock at which the first entry of the probe was in a durable block. */
  | { readonly kind: 'probe'; readonly atMs: number }
  | {
      readonly kind: 'status';
      readonly role: string;
      readonly term: number;
      readonly height: number;
      /** Whether it may vote, and reaches all others. */
      readonly isWhole: boolean;
    };

export type MemberOptions = {
  /** Its gateway.yaml. */
  readonly config: string;
  /** How long an entry waits for company in a block. */
  readonly ageMs: number;
};

/** Bytes that one entry brings into a block, and one pack of it. */
export type Sizes = { readonly entryBytes: number; readonly packBytes: number };
