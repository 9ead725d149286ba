// SPDX-License-Identifier: Apache-2.0
// A summary as JSON: values as exact decimal strings, never as floats; times as ISO 8601.

import { toHex } from '../../base/bytes.ts';
import type { HistoryRow } from '../history/history-row.ts';
import { formatTime } from './time-query.ts';

/** `href` is the path of the chain's summaries; this one and its proof are found below it. */
export function summaryView(row: HistoryRow, href: string) {
  const { startMs, windowMs } = row;
  const [outOfRange = 0, duplicate = 0, stale = 0, spike = 0] = row.screened;
  const id = `${row.height}-${row.outputIndex}`;
  return {
    id,
    chain: toHex(row.chainId),
    device: row.device,
    obis: row.obis,
    unit: row.unit,
    from: formatTime(startMs),
    to: formatTime(startMs + windowMs),
    revision: row.revision,
    quality: row.quality,
    reason: row.reason,
    first: row.first,
    last: row.last,
    min: row.min,
    max: row.max,
    mean: row.mean,
    delta: row.delta,
    count: row.count,
    expectedCount: row.expectedCount,
    missing: row.missing.map(([fromMs, toMs]) => ({
      from: formatTime(fromMs),
      to: formatTime(toMs),
    })),
    screened: { outOfRange, duplicate, stale, spike },
    events: row.events.map(([event, timeMs]) => ({ event, at: formatTime(timeMs) })),
    meterDefinition: row.definition,
    proof: `${href}/${id}/proof`,
  };
}

export type SummaryView = ReturnType<typeof summaryView>;
