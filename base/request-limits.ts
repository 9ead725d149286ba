// SPDX-License-Identifier: Apache-2.0
// Bounds of requests for raw readings and of the answers to them; part of limits.ts.

export const requestLimits = {
  /** What is sealed for one reader. */
  sealedBytesMax: 128 * 1024,
  requestBytesMax: 16 * 1024,
  requestAsksMax: 64,
  /** For so long a request is answered at most. */
  requestMsMax: 24 * 60 * 60 * 1_000,
  /** Taken by one chain. */
  requestsPerHourMax: 12,
  /** A signed answer. */
  requestAnswerBytesMax: 130 * 1024,
  /** Blocks that are looked through for one pack. */
  requestBlocksMax: 2_048,
  /** Of one request, on their way at once. */
  requestAnswersWaitingMax: 4,
  /** How often the centre sends what has no answer, and how many then. */
  requestSendMs: 15_000,
  requestsSentMax: 256,
  /** How long answers are kept after the end of their request. */
  requestAnswersKeptMs: 7 * 24 * 60 * 60 * 1_000,
} as const;
