// SPDX-License-Identifier: Apache-2.0
// Summary: what goes up of one register in one window, and the agreed schema of it: a closed
// record, so that a field nobody agreed on is refused. Mantissas are at `exponent` except the
// mean's, which states its own.

import { formatDecimal } from '../base/decimal.ts';
import { accept, type Result } from '../base/errors.ts';
import {
  type Content,
  choice,
  code,
  decodeWith,
  encodeWith,
  type Field,
  int,
  listOf,
  malformed,
  mapped,
  nullable,
  text,
  tuple,
  uint,
} from '../base/fields.ts';
import { limits } from '../base/limits.ts';
import { record } from '../base/records.ts';

/** By the practice of validating, estimating and editing (VEE): `validated` = nothing speaks
 * against it; `estimated` = parts are missing, left out or in doubt, and `reason` says which;
 * `edited` = changed by a person; `missing` = no reading counted. */
export type SummaryQuality = 'validated' | 'estimated' | 'edited' | 'missing';

export type Summary = {
  readonly kind: 'summary';
  readonly device: string;
  readonly obis: string;
  readonly unit: string;
  readonly exponent: number;
  readonly windowStartMs: number;
  readonly windowMs: number;
  /** 0 at first; a late pack makes the next one, which replaces those before. */
  readonly revision: number;
  readonly count: number;
  /** Window ÷ period, whole readings. */
  readonly expectedCount: number;
  /** Stretches without a counted reading, Unix ms, in order, apart from each other. */
  readonly missing: readonly (readonly [fromMs: number, toMs: number])[];
  readonly first: number | null;
  readonly last: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  readonly meanExponent: number;
  /** What a counter counted since the last reading before this window; null where nobody can
   * tell, and for values that are no counters. */
  readonly delta: number | null;
  readonly quality: SummaryQuality;
  /** Words joined by `, `; empty when validated. */
  readonly reason: string;
  /** Values left out of the above: [out of range, duplicate, stale, spike]. */
  readonly screened: readonly [number, number, number, number];
  readonly events: readonly (readonly ['rollover' | 'reset' | 'meter-swap', timeMs: number])[];
  readonly definition: string;
};

const dayMs = 86_400_000;
const obisField = text(24);
const exponentField = int(-limits.decimalExponentMax, limits.decimalExponentMax);
const countField = uint();
const mantissaField = nullable(int());
const missingField = listOf(tuple(countField, countField), limits.summaryRunsMax + 1);
const screenedField = tuple(countField, countField, countField, countField);
const eventsField = listOf(
  tuple(choice('rollover', 'reset', 'meter-swap'), countField),
  limits.summaryEventsMax,
);

const wireField = record({
  kind: [1, choice('summary')],
  device: [2, text(128)],
  obis: [3, obisField],
  unit: [4, text(16)],
  exponent: [5, exponentField],
  windowStartMs: [6, countField],
  windowMs: [7, int(1, dayMs)],
  revision: [8, countField],
  count: [9, countField],
  expectedCount: [10, countField],
  missing: [11, missingField],
  first: [12, mantissaField],
  last: [13, mantissaField],
  min: [14, mantissaField],
  max: [15, mantissaField],
  mean: [16, mantissaField],
  meanExponent: [17, exponentField],
  delta: [18, mantissaField],
  quality: [19, code('validated', 'estimated', 'edited', 'missing')],
  reason: [20, text(512)],
  screened: [21, screenedField],
  events: [22, eventsField],
  definition: [23, text(64)],
});

const summaryField: Field<Summary> = mapped<Content<typeof wireField>, Summary>(wireField, {
  read: (summary, path) => {
    const flaw = flawOf(summary);
    return flaw === undefined ? accept(summary) : malformed(path, flaw);
  },
  write: (summary) => summary,
});

function flawOf(summary: Summary): string | undefined {
  const { count, first, last, min, max, mean, windowStartMs, windowMs } = summary;
  if (windowStartMs % windowMs !== 0) return 'a window that starts on the clock';
  const empty = count === 0;
  if ([first, last, min, max, mean].some((value) => (value === null) !== empty)) {
    return 'statistics exactly where readings were counted';
  }
  const validated = summary.quality === 'validated';
  if (validated !== (summary.reason === '')) return 'a reason exactly where it is not validated';
  let previousMs = windowStartMs;
  for (const [fromMs, toMs] of summary.missing) {
    if (fromMs < previousMs || toMs <= fromMs) return 'missing stretches in order';
    previousMs = toMs;
  }
  return previousMs <= windowStartMs + windowMs ? undefined : 'missing stretches in the window';
}

/** @throws InvariantError for a summary that `decodeSummary` would refuse. */
export function encodeSummary(summary: Summary): Uint8Array {
  return encodeWith(summaryField, summary);
}

/** Bytes are attacker-controlled. Refuses any output that is not a summary, and any field not
 * agreed on. */
export function decodeSummary(bytes: Uint8Array): Result<Summary, 'cbor' | 'form'> {
  return decodeWith(summaryField, bytes, { name: 'summary', bytesMax: limits.outputBytesMax });
}

export type SummaryDecimals = {
  readonly [Name in 'first' | 'last' | 'min' | 'max' | 'mean' | 'delta']: string | null;
};

/** The values as exact decimal strings in `summary.unit`, for the HTTP API, files and screens. */
export function summaryDecimals(summary: Summary): SummaryDecimals {
  const { exponent, meanExponent } = summary;
  const at = (mantissa: number | null, exponentOfIt = exponent) =>
    mantissa === null ? null : formatDecimal({ mantissa, exponent: exponentOfIt });
  return {
    first: at(summary.first),
    last: at(summary.last),
    min: at(summary.min),
    max: at(summary.max),
    mean: at(summary.mean, meanExponent),
    delta: at(summary.delta),
  };
}
