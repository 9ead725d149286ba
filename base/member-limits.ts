// SPDX-License-Identifier: Apache-2.0
// Bounds of a gateway whose disk is all but full, or that goes on under another key; part of limits.ts.

export const memberLimits = {
  /** With less room on its disk, in bytes, it acknowledges nothing and leads no more. */
  diskReserveBytes: 16 * 1024 * 1024,
  /** How often it looks how much there is. */
  diskLookMs: 1_000,

  /** How often it looks whether Raft has let the old key go. */
  keyChangePollMs: 200,
  /** So long it believes that somebody may still need the old key, though nobody is there. */
  keyChangePatienceMs: 30_000,
  /** Batches of readings that wait for the next key. */
  heldBatchesMax: 8,
  /** Batches that alarms may have signed at once, in a second; what more comes waits for its window. */
  alarmBatchesPerSecondMax: 4,
  /** So long it waits for blocks with all that it has signed, before its end is ordered. */
  lastEntriesMs: 5_000,

  // When a member tells again whom it reaches, and how long that is its word.
  reachedTellMs: 10_000,
  reachedFreshMs: 30_000,
  // A leader not heard for so long is none; what is shown is stale after an election, and a few in a row.
  leaderHeardMs: 2_000,
  staleMs: 5_000,
} as const;
