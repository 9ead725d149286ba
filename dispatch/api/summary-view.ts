// SPDX-License-Identifier: Apache-2.0
// A summary as JSON: values as exact decimal strings, never as floats; times as ISO 8601.

import { assert } from '../../base/assert.ts';
import { decodeSummary, summaryDecimals } from '../../contracts/summary.ts';
import type { HistoryRow } from '../history/history.ts';
import { formatTime } from './time-query.ts';

/** `href` is the path of the chain's summaries; this one and its proof are found below it. */
export function summaryView(row: Omit<HistoryRow, 'startMs'>, href: string) {
  const decoded = decodeSummary(row.bytes);
  assert(decoded.ok, 'only what was read as a summary is kept');
  const summary = decoded.value;
  const { windowStartMs, windowMs } = summary;
  const [outOfRange, duplicate, stale, spike] = summary.screened;
  const id = `${row.height}-${row.outputIndex}`;
  return {
    id,
    device: summary.device,
    obis: summary.obis,
    unit: summary.unit,
    from: formatTime(windowStartMs),
    to: formatTime(windowStartMs + windowMs),
    revision: summary.revision,
    quality: summary.quality,
    reason: summary.reason,
    ...summaryDecimals(summary),
    count: summary.count,
    expectedCount: summary.expectedCount,
    missing: summary.missing.map(([fromMs, toMs]) => ({
      from: formatTime(fromMs),
      to: formatTime(toMs),
    })),
    screened: { outOfRange, duplicate, stale, spike },
    events: summary.events.map(([event, timeMs]) => ({ event, at: formatTime(timeMs) })),
    meterDefinition: summary.definition,
    proof: `${href}/${id}/proof`,
  };
}
