// SPDX-License-Identifier: Apache-2.0
// Months on the clock of a place: from its first instant to the first of the next. Summer time makes
// some of them an hour longer or shorter, and a place may skip or repeat a midnight.

import { accept, type Result, refuse } from '../../base/errors.ts';

export type Span = { readonly fromMs: number; readonly toMs: number };

const hourMs = 3_600_000;

/** `month` is `2026-03`; `zone` a name of the IANA time zone database, such as `Europe/Berlin`. */
export function monthIn(month: string, zone: string): Result<Span, 'month' | 'zone'> {
  const [, yearText, monthText] = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(month) ?? [];
  if (yearText === undefined) return refuse('month', 'write a month as 2026-03');
  const clock = clockOf(zone);
  if (clock === undefined) {
    return refuse('zone', `there is no time zone \`${zone}\`: write a name such as Europe/Berlin`);
  }
  const year = Number(yearText);
  const index = Number(monthText) - 1;
  if (year < 1971) return refuse('month', 'nothing was measured then');
  return accept({
    fromMs: firstInstant(clock, year, index),
    toMs: firstInstant(clock, year, index + 1),
  });
}

type Clock = Intl.DateTimeFormat;

function clockOf(zone: string): Clock | undefined {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    return undefined;
  }
}

/** The first instant whose date there is in that month. */
function firstInstant(clock: Clock, year: number, month: number): number {
  const midnightMs = Date.UTC(year, month, 1);
  // The offsets in force around it; where they differ, midnight comes by the one or by the other.
  const candidates = [-36, -12, 0, 12, 36].map(
    (hours) => midnightMs - offsetAt(clock, midnightMs + hours * hourMs),
  );
  const reached = candidates.filter((timeMs) => timeMs + offsetAt(clock, timeMs) >= midnightMs);
  return Math.min(...reached);
}

/** How far the clock there is ahead of UTC. */
function offsetAt(clock: Clock, timeMs: number): number {
  const parts = new Map(
    clock.formatToParts(timeMs).map(({ type, value }) => [type, Number(value)]),
  );
  const at = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  const local = Date.UTC(
    at('year'),
    at('month') - 1,
    at('day'),
    at('hour'),
    at('minute'),
    at('second'),
  );
  return local - Math.floor(timeMs / 1_000) * 1_000;
}
