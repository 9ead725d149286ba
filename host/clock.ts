// SPDX-License-Identifier: Apache-2.0
// The machine's clocks, and how far its wall clock can be trusted. The only file that asks the
// system for the time: all else is given a `Clock`. What the time daemon says is asked again every
// ten seconds, beside the work.

import type { Clock as ClockState } from '../base/clock-state.ts';
import { limits } from '../base/limits.ts';
import { askTimeDaemon, type Synchronisation } from './time-daemon.ts';

export type Clock = {
  /** Milliseconds since 1970, UTC. May jump; see `state`. */
  readonly nowMs: () => number;
  /** Milliseconds since some start. Never goes back: for intervals and time-outs. */
  readonly monotonicMs: () => number;
  readonly state: () => ClockState;
};

/** A battery-less board starts in 1970 or at its image's date: nothing was measured before this program. */
const earliestMs = Date.UTC(2024, 0, 1);

/** For lines of the log and the like; what is measured takes its time from a `Clock`. */
export function wallClockMs(): number {
  return Date.now();
}

/** For intervals where no `Clock` is passed in. */
export function monotonicMs(): number {
  return performance.now();
}

/** Resolves when the time daemon has been asked for the first time. */
export async function systemClock(): Promise<Clock> {
  let latest = await askTimeDaemon(wallClockMs());
  let askedAtMs = monotonicMs();
  const refresh = async (): Promise<void> => {
    latest = await askTimeDaemon(wallClockMs());
  };
  return {
    nowMs: wallClockMs,
    monotonicMs,
    state: () => {
      if (monotonicMs() - askedAtMs >= limits.clockStateMaxAgeMs) {
        askedAtMs = monotonicMs();
        void refresh();
      }
      return judgeClock(wallClockMs(), latest);
    },
  };
}

export function judgeClock(nowMs: number, synchronisation: Synchronisation): ClockState {
  if (nowMs < earliestMs) return { state: 'unset', errorMs: null };
  return synchronisation.kind === 'synchronised'
    ? { state: 'synchronised', errorMs: synchronisation.errorMs }
    : { state: 'free-running', errorMs: null };
}
