// SPDX-License-Identifier: Apache-2.0
// Times in a query: ISO 8601 with its zone, or milliseconds since 1970.

import { accept, type Result, refuse } from '../../base/errors.ts';

const isoTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/;

/** A day alone is its first instant, UTC. */
export function parseTime(text: string): Result<number, 'time'> {
  const timeMs = /^\d{1,15}$/.test(text)
    ? Number(text)
    : isoTime.test(text)
      ? Date.parse(text)
      : NaN;
  if (Number.isSafeInteger(timeMs) && timeMs >= 0) return accept(timeMs);
  return refuse('time', 'write 2026-01-31T12:00:00Z, 2026-01-31, or milliseconds since 1970');
}

/** What no calendar reaches stays a number of milliseconds: somebody may have signed it. */
export function formatTime(timeMs: number): string {
  const date = new Date(timeMs);
  return Number.isNaN(date.getTime()) ? String(timeMs) : date.toISOString();
}
