// SPDX-License-Identifier: Apache-2.0
// How long a device takes to begin its answers, as a histogram: small, kept on disk, and led by what
// was measured lately. Pure.

import { limits } from '../../base/limits.ts';

/** Counts of answers; bucket i ends at 2^(i / 4) ms, the last has no end. */
export type Latency = readonly number[];

export const noLatency: Latency = [];

const bucketsPerOctave = 4;
const lastBucket = bucketsPerOctave * Math.ceil(Math.log2(limits.lineTimeoutMsMax));

export function withLatency(latency: Latency, ms: number): Latency {
  const bucket = bucketOf(ms);
  const length = Math.max(latency.length, bucket + 1);
  const counts = Array.from({ length }, (_, i) => (latency[i] ?? 0) + (i === bucket ? 1 : 0));
  return countOf(counts) > limits.latencyCountMax ? halved(counts) : counts;
}

export function countOf(latency: Latency): number {
  return latency.reduce((sum, count) => sum + count, 0);
}

/** Milliseconds within which that share of the answers began, up to a fifth too long; undefined
 * where nothing was measured. */
export function percentile(latency: Latency, share: number): number | undefined {
  const wanted = share * countOf(latency);
  let count = 0;
  for (const [bucket, more] of latency.entries()) {
    count += more;
    if (count > 0 && count >= wanted) return endOf(bucket);
  }
  return undefined;
}

/** Of several devices together. */
export function merged(latencies: readonly Latency[]): Latency {
  const length = Math.max(0, ...latencies.map((latency) => latency.length));
  return Array.from({ length }, (_, i) =>
    latencies.reduce((sum, latency) => sum + (latency[i] ?? 0), 0),
  );
}

/** Whether it has the form of a histogram: it comes from a file. */
export function isLatency(value: unknown): value is Latency {
  return (
    Array.isArray(value) &&
    value.length <= lastBucket + 1 &&
    value.every((count) => Number.isSafeInteger(count) && count >= 0)
  );
}

function bucketOf(ms: number): number {
  const exact = Math.ceil(bucketsPerOctave * Math.log2(Math.max(ms, 1)));
  return Math.min(exact, lastBucket);
}

function endOf(bucket: number): number {
  return 2 ** (bucket / bucketsPerOctave);
}

/** Old answers count for ever less. */
function halved(counts: Latency): Latency {
  return counts.map((count) => Math.floor(count / 2));
}
