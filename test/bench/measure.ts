// SPDX-License-Identifier: Apache-2.0
// How speed is measured: what we do and its limit take turns, several times each, so that whatever else the
// machine does meets both. The median is the figure; least and most show how far to trust it.

export type Case = {
  readonly name: string;
  /** Bytes that one call works on. */
  readonly bytes: number;
  /** Returns what depends on all its work, so that none of it can be left out. */
  readonly call: () => unknown;
  /** What no implementation can leave undone, with nothing around it. */
  readonly limit: { readonly name: string; readonly call: () => unknown };
};

export type Effort = { readonly runs: number; readonly runMs: number };

/** Calls per second. */
export type Rate = { readonly median: number; readonly min: number; readonly max: number };

export type Result = {
  readonly name: string;
  readonly bytes: number;
  readonly perSecond: Rate;
  readonly limit: { readonly name: string; readonly perSecond: Rate };
  /** Median by median: 1 is as fast as the limit. */
  readonly ofLimit: number;
};

export function measure({ name, bytes, call, limit }: Case, { runs, runMs }: Effort): Result {
  // Before the first run counts, both are compiled.
  rateOf(call, runMs);
  rateOf(limit.call, runMs);
  const own: number[] = [];
  const bare: number[] = [];
  for (let run = 0; run < runs; run++) {
    own.push(rateOf(call, runMs));
    bare.push(rateOf(limit.call, runMs));
  }
  const perSecond = summed(own);
  const limitPerSecond = summed(bare);
  return {
    name,
    bytes,
    perSecond,
    limit: { name: limit.name, perSecond: limitPerSecond },
    ofLimit: Number((perSecond.median / limitPerSecond.median).toPrecision(3)),
  };
}

/** Last result of the calls: read by nobody, but the compiler cannot know. */
export let kept: unknown;

function rateOf(call: () => unknown, runMs: number): number {
  const start = performance.now();
  let count = 0;
  let batch = 1;
  for (;;) {
    for (let i = 0; i < batch; i++) kept = call();
    count += batch;
    const elapsedMs = performance.now() - start;
    if (elapsedMs >= runMs) return (count * 1_000) / elapsedMs;
    // The clock is read about a hundred times in a run.
    if (elapsedMs < runMs / 100) batch *= 2;
  }
}

function summed(rates: readonly number[]): Rate {
  const sorted = rates.map(Math.round).sort((a, b) => a - b);
  const at = (place: number): number => sorted[place] ?? 0;
  const middle = (sorted.length - 1) / 2;
  return {
    median: Math.round((at(Math.floor(middle)) + at(Math.ceil(middle))) / 2),
    min: at(0),
    max: at(sorted.length - 1),
  };
}
