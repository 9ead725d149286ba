// SPDX-License-Identifier: Apache-2.0
// Windows on the clock: a day, UTC, is cut into equal windows, numbered from 1970-01-01. A time
// belongs to the window whose start it has reached and whose end it has not.

import { assert } from '../base/assert.ts';

export type Windows = {
  /** Any divisor of a day from 5 s. */
  readonly windowMs: number;
  /** Time after its end that a window stays open for what is on its way. */
  readonly graceMs: number;
};

const dayMs = 86_400_000;
const windowMsMin = 5_000;

/** Genesis is checked before it gets here. */
export function assertWindows({ windowMs, graceMs }: Windows): void {
  assert(
    Number.isInteger(windowMs) && windowMs >= windowMsMin && dayMs % windowMs === 0,
    `a summary window is a divisor of a day from ${windowMsMin} ms, not ${windowMs} ms`,
  );
  assert(Number.isSafeInteger(graceMs) && graceMs >= 0, 'grace is a time');
}

/** Number of the window that this Unix time belongs to. */
export function windowAt(timeMs: number, { windowMs }: Windows): number {
  return Math.floor(timeMs / windowMs);
}

/** Number of the first window that is not due to close at this time. */
export function firstNotDue(timeMs: number, { windowMs, graceMs }: Windows): number {
  return Math.floor((timeMs - graceMs) / windowMs);
}
