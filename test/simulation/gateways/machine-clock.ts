// SPDX-License-Identifier: Apache-2.0
// The clocks of a simulated machine: one that only goes on, a little too fast or too slow, and one
// that says what day it is, and jumps.

import type { Clock as ClockReading, ClockState } from '../../../base/clock-state.ts';
import type { Clock } from '../../../host/clock.ts';
import type { Timeline } from '../world/timeline.ts';
import { startMs } from './founding.ts';

export class MachineClock implements Clock {
  /** How far the wall clock is off. */
  jumpMs = 0;
  trust: ClockState = 'synchronised';
  readonly #timeline: Timeline;
  #rate = 1;
  /** Where both clocks stood when the rate last changed. */
  #sinceMs = 0;
  #baseMs = 0;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  /** Seconds of this clock in a true one. */
  set rate(rate: number) {
    this.#baseMs = this.#elapsedMs;
    this.#sinceMs = this.#timeline.nowMs;
    this.#rate = rate;
  }

  get rate(): number {
    return this.#rate;
  }

  readonly monotonicMs = (): number => this.#elapsedMs;

  readonly nowMs = (): number => Math.max(startMs + Math.floor(this.#elapsedMs) + this.jumpMs, 0);

  readonly state = (): ClockReading => ({
    state: this.trust,
    errorMs: this.trust === 'synchronised' ? 10 : null,
  });

  get #elapsedMs(): number {
    return this.#baseMs + (this.#timeline.nowMs - this.#sinceMs) * this.#rate;
  }
}
