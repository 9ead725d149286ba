// SPDX-License-Identifier: Apache-2.0
// Bounds of a mirror: what a centre that is slow, endless or lying can make it do.

export const mirrorLimits = Object.freeze({
  /** Of one answer of the centre. */
  answerBytesMax: 24 * 1024 * 1024,
  answerTimeoutMs: 60_000,
  /** Tries of one request that is put off (429, 503), and the longest wait before the next. */
  triesMax: 20,
  waitMsMax: 30_000,
  /** Pages of one kind in one pass; what is left comes with the next. */
  pagesMax: 100_000,
  /** Rows of the history that are held against each other at once. */
  compareRowsMax: 2_000,
  /** Rows that nothing proves, of one chain, before the rest is left. */
  addedMax: 1_000,
  /** Differences that are kept open at once. */
  differencesMax: 10_000,
  /** A summary that was copied so long ago is in the history, whatever the centre says of it. */
  historyLateMs: 60 * 60 * 1_000,
  intervalMsMin: 1_000,
  /** Times that a registry which is ahead of the signed log is asked for again, and of it shown. */
  aheadTriesMax: 20,
  shownCharactersMax: 400,
  /** So long after a report was seen, what the log signs is newer than the report. */
  reportSettledMs: 5 * 60 * 1_000,
  /** Anchors, and messages, that one pass looks at again: within what one read brings. */
  auditMax: 64,
} as const);
