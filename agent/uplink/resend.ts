// SPDX-License-Identifier: Apache-2.0
// When to send again what was not answered: at first soon, then less and less often.

import { limits } from '../../base/limits.ts';

export class Resend {
  #attempts = 0;
  #dueMs = 0;

  /** Whether it is time, for something that waits for its answer. */
  isDue(nowMs: number): boolean {
    return nowMs >= this.#dueMs;
  }

  /** It was sent, or tried. */
  sent(nowMs: number): void {
    const waitMs = Math.min(limits.resendMsMin * 2 ** this.#attempts, limits.resendMsMax);
    this.#attempts += 1;
    this.#dueMs = nowMs + waitMs;
  }

  /** It was answered, or the way is open again: the next may go at once. */
  reset(): void {
    this.#attempts = 0;
    this.#dueMs = 0;
  }
}
