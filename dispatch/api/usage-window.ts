// SPDX-License-Identifier: Apache-2.0
// A row of the history as a window of usage. What is no decimal in the database counts as nothing.

import { type Decimal, parseDecimal } from '../../base/decimal.ts';
import type { UsageWindow } from '../../contracts/usage.ts';
import type { HistoryRow } from '../history/history-row.ts';

export function windowOf(row: HistoryRow): UsageWindow {
  const { startMs, windowMs, revision, reason, delta, last } = row;
  return {
    startMs,
    windowMs,
    revision,
    quality: row.quality as UsageWindow['quality'],
    reason,
    delta: decimalOf(delta),
    last: decimalOf(last),
    events: row.events.map(([event]) => event),
  };
}

export function decimalOf(text: string | null): Decimal | null {
  return text === null ? null : (parseDecimal(text) ?? null);
}
