// SPDX-License-Identifier: Apache-2.0
// Screening: whether a value is counted, or counted as left out (out of range, stale, a spike)
// and stays on the chain alone. A step that is not plausible is a spike unless the next reading
// confirms it; so a counter that reads 0 once loses nothing, and one that was reset is believed
// at its second reading.

import { type QualityCode, quality } from '../base/quality.ts';
import type { ValueSchema } from '../base/schema.ts';
import { type Accumulator, advanced, counted, firstOf, lastOf } from './accumulator.ts';
import { type Reading, stepBetween } from './step.ts';

/** What came before, in this window or in an earlier one (then its times are negative). */
export type Before = { readonly last: Reading; readonly suspect: Reading | undefined };

export type Arrival = {
  readonly mantissa: number | null;
  readonly quality: QualityCode;
  readonly atMs: number;
};

export type Surroundings = {
  readonly toleranceMs: number;
  /** The last reading of earlier windows; asked only where this window has none. */
  readonly earlier: () => Before | undefined;
};

/** The register after one more value. */
export function withArrival(
  register: Accumulator,
  value: ValueSchema,
  arrival: Arrival,
  around: Surroundings,
): Accumulator {
  const { mantissa, atMs } = arrival;
  if (mantissa === null) return { ...register, worst: worse(register.worst, arrival.quality) };
  switch (screened(value, mantissa, arrival.quality)) {
    case 'out-of-range':
      return { ...register, outOfRange: register.outOfRange + 1 };
    case 'stale':
      return { ...register, stale: register.stale + 1 };
    case 'spike':
      return { ...register, spikes: register.spikes + 1 };
    case 'flagged':
      return withReading(
        { ...register, worst: worse(register.worst, arrival.quality) },
        value,
        { mantissa, atMs },
        around,
      );
    case 'fit':
      return withReading(register, value, { mantissa, atMs }, around);
  }
}

/** What the gateway's code, and the range that the schema states, say of a value by itself. */
function screened(
  value: ValueSchema,
  mantissa: number,
  code: QualityCode,
): 'out-of-range' | 'stale' | 'spike' | 'flagged' | 'fit' {
  if (code === quality.outOfRange) return 'out-of-range';
  if (value.min !== null && mantissa < value.min) return 'out-of-range';
  if (value.max !== null && mantissa > value.max) return 'out-of-range';
  if (code === quality.stale) return 'stale';
  if (code === quality.spike) return 'spike';
  const isFlagged = code === quality.deviceFlagged || code === quality.inconsistent;
  return isFlagged ? 'flagged' : 'fit';
}

function withReading(
  register: Accumulator,
  value: ValueSchema,
  reading: Reading,
  around: Surroundings,
): Accumulator {
  const first = firstOf(register);
  const last = lastOf(register);
  if (first === undefined || last === undefined) {
    return withFirst(register, value, reading, around);
  }
  if (reading.atMs > last.atMs) {
    return withNext(register, value, reading, { last, toleranceMs: around.toleranceMs });
  }
  return withBelated(register, value, reading, { first, last, toleranceMs: around.toleranceMs });
}

/** The step into this window belongs to no register state: it is taken when the summary is made,
 * because an earlier window may still be filled up until then. */
function withFirst(
  register: Accumulator,
  value: ValueSchema,
  reading: Reading,
  around: Surroundings,
): Accumulator {
  const before = around.earlier();
  const suspect = register.suspect ?? before?.suspect;
  const plausible =
    before === undefined ||
    stepBetween(value, before.last, reading) !== undefined ||
    (suspect !== undefined && stepBetween(value, suspect, reading) !== undefined);
  return plausible
    ? counted(register, reading, around.toleranceMs)
    : { ...register, spikes: register.spikes + 1, suspect: reading };
}

function withNext(
  register: Accumulator,
  value: ValueSchema,
  reading: Reading,
  { last, toleranceMs }: { readonly last: Reading; readonly toleranceMs: number },
): Accumulator {
  const step = stepBetween(value, last, reading);
  if (step !== undefined) {
    const event = step.rollover ? ('rollover' as const) : undefined;
    return advanced(counted(register, reading, toleranceMs), {
      amount: step.amount,
      event: event && { kind: event, atMs: reading.atMs },
    });
  }
  const { suspect } = register;
  if (suspect === undefined || stepBetween(value, suspect, reading) === undefined) {
    return { ...register, spikes: register.spikes + 1, suspect: reading };
  }
  // Two in a row say the same: not a spike. What a counter counted meanwhile, nobody can tell.
  const reset =
    value.kind === 'counter' ? { kind: 'reset' as const, atMs: reading.atMs } : undefined;
  return advanced(counted(register, reading, toleranceMs), { amount: 0, event: reset });
}

/** A reading from before the last one has to fit to both ends of what is there. */
function withBelated(
  register: Accumulator,
  value: ValueSchema,
  reading: Reading,
  known: { readonly first: Reading; readonly last: Reading; readonly toleranceMs: number },
): Accumulator {
  const isFirst = reading.atMs < known.first.atMs;
  const toFirst = isFirst
    ? stepBetween(value, reading, known.first)
    : stepBetween(value, known.first, reading);
  const fits = isFirst || stepBetween(value, reading, known.last) !== undefined;
  if (toFirst === undefined || !fits) return { ...register, spikes: register.spikes + 1 };
  const next = counted(register, reading, known.toleranceMs);
  if (!isFirst) return next;
  return advanced(next, {
    amount: toFirst.amount,
    event: toFirst.rollover ? { kind: 'rollover', atMs: known.first.atMs } : undefined,
  });
}

function worse(a: QualityCode, b: QualityCode): QualityCode {
  return a > b ? a : b;
}
