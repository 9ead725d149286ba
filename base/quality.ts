// SPDX-License-Identifier: Apache-2.0
// What is known about one value of a pack. Each value has exactly one code; a code below 16
// stands beside a mantissa, a code from 16 on beside a null, and says why nothing was read. Codes
// are signed: they are never renumbered, only added to.

/** Codes by name. `afterBusError`: a sound answer, but the first one after a fault on its bus.
 * `inconsistent`: contradicts what else the same reading says. `unchecked`: sent without a checksum, so
 * that nobody can tell whether it was damaged on the way. */
export const quality = Object.freeze({
  good: 0,
  afterBusError: 1,
  outOfRange: 2,
  spike: 3,
  stale: 4,
  deviceFlagged: 5,
  inconsistent: 6,
  unchecked: 7,
  timeOut: 16,
  lineClosed: 17,
  deviceException: 18,
  malformedAnswer: 19,
  notImplemented: 20,
  notANumber: 21,
  notRepresentable: 22,
  notRead: 23,
} as const);

export type QualityCode = (typeof quality)[keyof typeof quality];

/** OpenADR 3.1.0, report payload type DATA_QUALITY (Definition, table "Data Quality
 * Enumerations"). */
export type OpenAdrQuality = 'OK' | 'MISSING' | 'ESTIMATED' | 'BAD';

const names: Readonly<Record<QualityCode, string>> = Object.freeze({
  0: 'good',
  1: 'after-bus-error',
  2: 'out-of-range',
  3: 'spike',
  4: 'stale',
  5: 'device-flagged',
  6: 'inconsistent',
  7: 'unchecked',
  16: 'time-out',
  17: 'line-closed',
  18: 'device-exception',
  19: 'malformed-answer',
  20: 'not-implemented',
  21: 'not-a-number',
  22: 'not-representable',
  23: 'not-read',
});

const codes: ReadonlyMap<string, QualityCode> = new Map(
  Object.values(quality).map((code) => [names[code], code]),
);

export function isQualityCode(value: unknown): value is QualityCode {
  return typeof value === 'number' && Object.hasOwn(names, value);
}

/** The word for people, files and the HTTP API, e.g. `time-out`. */
export function qualityName(code: QualityCode): string {
  return names[code];
}

/** The inverse of `qualityName`; undefined for any other word. */
export function qualityCode(name: string): QualityCode | undefined {
  return codes.get(name);
}

/** Whether a value of this quality has a mantissa (possibly a doubtful one). Else it is null. */
export function hasValue(code: QualityCode): boolean {
  return code < quality.timeOut;
}

/** Nothing is known against them. */
const sound: readonly QualityCode[] = [quality.good, quality.afterBusError, quality.unchecked];

/** OpenADR's word for it. BAD is "known or suspected to be erroneous"; nothing read is ever
 * ESTIMATED. */
export function openAdrQuality(code: QualityCode): OpenAdrQuality {
  if (!hasValue(code)) return 'MISSING';
  return sound.includes(code) ? 'OK' : 'BAD';
}
