// SPDX-License-Identifier: Apache-2.0
// Block time: never runs back, and where members have synchronised clocks their latest batches,
// those of the block itself among them, hold the leader's claim down. Judged from chain state
// alone, so alike on all members.

/** How far ahead of the members' median a leader's clock may be, in ms. */
export const leadMsMax = 5_000;

/**
 * max(previous, min(leader's time, median of the synchronised members' last batch times + 5 s)); with none
 * synchronised the leader's time counts, which it makes from the previous block's and the time elapsed.
 */
export function blockTimeMs(claim: {
  readonly previousMs: number;
  readonly leaderMs: number;
  readonly synchronisedMs: readonly number[];
}): number {
  const { previousMs, leaderMs, synchronisedMs } = claim;
  const boundMs =
    synchronisedMs.length === 0 ? leaderMs : Math.min(leaderMs, median(synchronisedMs) + leadMsMax);
  return Math.max(previousMs, boundMs);
}

/** The lower of the two middle ones where the count is even. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
