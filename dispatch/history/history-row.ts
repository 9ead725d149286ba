// SPDX-License-Identifier: Apache-2.0
// A row of the history: one summary, taken apart into what people ask for, with values as exact
// decimals. Made from proven bytes here, and nowhere else; so whoever holds the bytes can say what
// the row must be.

import { assert } from '../../base/assert.ts';
import { decodeSummary, type SummaryDecimals, summaryDecimals } from '../../contracts/summary.ts';

/** Where a summary stands among those of its chain, in the order they are listed. */
export type HistoryPlace = {
  readonly startMs: number;
  readonly height: number;
  readonly outputIndex: number;
};

export type HistoryRow = HistoryPlace &
  SummaryDecimals & {
    readonly chainId: Uint8Array;
    readonly device: string;
    readonly obis: string;
    readonly unit: string;
    readonly windowMs: number;
    readonly revision: number;
    readonly quality: string;
    readonly reason: string;
    readonly count: number;
    readonly expectedCount: number;
    readonly missing: readonly (readonly [fromMs: number, toMs: number])[];
    /** Out of range, duplicate, stale, spike. */
    readonly screened: readonly number[];
    readonly events: readonly (readonly [event: string, timeMs: number])[];
    readonly definition: string;
  };

/** Of an output that was checked to be a summary when it was taken. */
export function historyRowOf(
  at: { readonly chainId: Uint8Array; readonly height: number; readonly outputIndex: number },
  bytes: Uint8Array,
): HistoryRow {
  const decoded = decodeSummary(bytes);
  assert(decoded.ok, 'only what was read as a summary is kept');
  const summary = decoded.value;
  return {
    chainId: at.chainId,
    height: at.height,
    outputIndex: at.outputIndex,
    startMs: summary.windowStartMs,
    windowMs: summary.windowMs,
    device: shown(summary.device),
    obis: shown(summary.obis),
    unit: shown(summary.unit),
    revision: summary.revision,
    quality: summary.quality,
    reason: shown(summary.reason),
    ...summaryDecimals(summary),
    count: summary.count,
    expectedCount: summary.expectedCount,
    missing: summary.missing,
    screened: summary.screened,
    events: summary.events,
    definition: shown(summary.definition),
  };
}

/** PostgreSQL holds no text with a zero: nobody's such text may stop the history of all others. */
function shown(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}
