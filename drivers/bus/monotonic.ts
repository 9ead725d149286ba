// SPDX-License-Identifier: Apache-2.0
// The clock of the lines: for silences, time-outs and latencies, never for when something was read.

/** Milliseconds since some start; never goes back. */
export function monotonicMs(): number {
  return performance.now();
}
