// SPDX-License-Identifier: Apache-2.0
// Runs: when a device was heard in a window, as few numbers as it takes. Readings no more than
// one and a half periods apart belong to one run, so a poll that jitters leaves no hole and a
// poll that fails does. Times are ms since the start of the window.

import { limits } from '../base/limits.ts';

/** First and last time of each run, in order: [from, to, from, to, …]. */
export type Runs = readonly number[];

/** The longest distance of two readings with none missing between them. */
export function toleranceOf(periodMs: number): number {
  return Math.floor((3 * periodMs) / 2);
}

/** Whether the time is inside a run: a reading there is one more of what was heard already. */
export function covers(runs: Runs, atMs: number): boolean {
  for (let i = 0; i < runs.length; i += 2) {
    if (atMs >= at(runs, i) && atMs <= at(runs, i + 1)) return true;
  }
  return false;
}

export function withTime(runs: Runs, atMs: number, toleranceMs: number): Runs {
  const endMs = runs.at(-1);
  if (endMs === undefined) return [atMs, atMs];
  // Nearly every reading goes on from the one before.
  if (atMs > endMs && atMs - endMs <= toleranceMs) return runs.with(-1, atMs);
  return merged(runs, [atMs, atMs], toleranceMs);
}

/** The runs of both, in order, joined where they are near. */
export function merged(a: Runs, b: Runs, toleranceMs: number): Runs {
  const pairs = [...pairsOf(a), ...pairsOf(b)].sort(([from], [other]) => from - other);
  const joined: [number, number][] = [];
  for (const [from, to] of pairs) {
    const last = joined.at(-1);
    if (last !== undefined && from - last[1] <= toleranceMs) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  while (joined.length > limits.summaryRunsMax) closeSmallestGap(joined);
  return joined.flat();
}

/** The stretches of a window without a reading, merged, as ms since its start. A reading speaks
 * for the period after it. The two ends are judged together, for nobody knows at what phase a
 * device is polled: what is left over before the first and after the last reading is one period
 * in all. */
export function missingIn(
  runs: Runs,
  { windowMs, periodMs }: { readonly windowMs: number; readonly periodMs: number },
): readonly (readonly [fromMs: number, toMs: number])[] {
  const lastMs = runs.at(-1);
  if (lastMs === undefined) return [[0, windowMs]];
  const missing: [number, number][] = [];
  const headMs = at(runs, 0);
  const tailMs = windowMs - lastMs;
  const endsMiss = headMs + tailMs > toleranceOf(periodMs);
  const tailMisses = endsMiss && tailMs > periodMs;
  if (endsMiss && headMs > 0 && (headMs >= periodMs || !tailMisses)) missing.push([0, headMs]);
  for (let i = 1; i + 1 < runs.length; i += 2) {
    missing.push([at(runs, i) + periodMs, at(runs, i + 1)]);
  }
  if (tailMisses) missing.push([lastMs + periodMs, windowMs]);
  return missing;
}

/** Bounds the state: of very many holes the smallest is forgotten, the count still shows it. */
function closeSmallestGap(pairs: [number, number][]): void {
  let smallest = 1;
  const gapBefore = (i: number) => (pairs[i]?.[0] ?? 0) - (pairs[i - 1]?.[1] ?? 0);
  for (let i = 2; i < pairs.length; i++) if (gapBefore(i) < gapBefore(smallest)) smallest = i;
  const [removed] = pairs.splice(smallest, 1);
  const kept = pairs[smallest - 1];
  if (removed !== undefined && kept !== undefined) kept[1] = removed[1];
}

function* pairsOf(runs: Runs): Generator<[number, number]> {
  for (let i = 0; i < runs.length; i += 2) yield [at(runs, i), at(runs, i + 1)];
}

function at(runs: Runs, index: number): number {
  return runs[index] as number;
}
