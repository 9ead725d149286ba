// SPDX-License-Identifier: Apache-2.0
// How long to wait before trying again: doubling from try to try up to a bound, and at random
// within the upper half of that, so that a hundred thousand gateways do not come back to a
// restarted broker all at once.

/** Milliseconds. `failures`: tries that failed in a row; `random`: in [0, 1). */
export function backoffMs(options: {
  readonly failures: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly random: number;
}): number {
  const { failures, minMs, maxMs, random } = options;
  const wholeMs = Math.min(maxMs, minMs * 2 ** Math.min(failures, 32));
  return Math.round((wholeMs / 2) * (1 + random));
}
