// SPDX-License-Identifier: Apache-2.0
// When to call again: after a wait that doubles from failure to failure up to a bound, drawn at
// random within its upper half, so that members that lost one another at once do not come back at
// once.

import { limits } from '../../base/limits.ts';

export class Retry {
  readonly #random: () => number;
  readonly #yields: boolean;
  #failures = 0;
  #waitTicks = 0;

  /** `random`: from 0 up to but without 1. `yields`: lets the other side call first. */
  constructor(options: { readonly random: () => number; readonly yields: boolean }) {
    this.#random = options.random;
    this.#yields = options.yields;
    this.#draw();
  }

  /** A tick passes. @returns whether it is time to call. */
  tick(): boolean {
    this.#waitTicks -= 1;
    return this.#waitTicks <= 0;
  }

  /** It did not work, or not for long. */
  failed(): void {
    this.#failures += 1;
    this.#draw();
  }

  /** It worked, and is over. */
  again(): void {
    this.#failures = 0;
    this.#draw();
  }

  #draw(): void {
    const { transportRetryMsMin, transportRetryMsMax, transportYieldMs } = limits;
    const doubled = transportRetryMsMin * 2 ** Math.min(this.#failures, 16);
    const wholeMs = Math.min(transportRetryMsMax, doubled);
    const waitMs = (wholeMs / 2) * (1 + this.#random()) + (this.#yields ? transportYieldMs : 0);
    this.#waitTicks = Math.round(waitMs / limits.transportTickMs);
  }
}
