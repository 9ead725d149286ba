// SPDX-License-Identifier: Apache-2.0
// The time that a leader claims for its next block. A synchronised clock is believed. One that runs
// freely is asked once, at the first block after a start, and then only for what has elapsed; one
// that was never set is not asked at all. What the members make of the claim is block-time.ts'
// business.

import type { ClockState } from '../../base/clock-state.ts';
import { limits } from '../../base/limits.ts';

export type ClockReading = {
  readonly wallMs: number;
  /** On a clock that never goes back. */
  readonly monotonicMs: number;
  readonly state: ClockState;
};

export class LeaderClock {
  #anchor: { readonly timeMs: number; readonly monotonicMs: number } | undefined;

  /** Whole ms, never before `previousMs`, the time of the block before. */
  claimMs(previousMs: number, reading: ClockReading): number {
    const believedMs = this.#believedMs(previousMs, reading);
    const claimMs = Math.max(previousMs, Math.floor(believedMs));
    // A new anchor for each block would lose a fraction of a millisecond each time.
    if (this.#anchor === undefined || reading.state === 'synchronised' || claimMs > believedMs) {
      this.#anchor = { timeMs: claimMs, monotonicMs: reading.monotonicMs };
    }
    return claimMs;
  }

  #believedMs(previousMs: number, { wallMs, monotonicMs, state }: ClockReading): number {
    if (state === 'synchronised') return wallMs;
    if (this.#anchor !== undefined) {
      return this.#anchor.timeMs + (monotonicMs - this.#anchor.monotonicMs);
    }
    const plausible = wallMs >= previousMs && wallMs <= previousMs + limits.clockJumpMsMax;
    return state === 'free-running' && plausible ? wallMs : previousMs;
  }
}
