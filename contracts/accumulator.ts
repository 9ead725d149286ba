// SPDX-License-Identifier: Apache-2.0
// One register in one window: all that is kept of its readings while they come in, in a few
// integers. Which reading counts is decided elsewhere (screening.ts). Times are ms since the
// start of the window. Invariant: without a counted reading there are no runs.

import type { CborValue } from '../base/cbor.ts';
import { limits } from '../base/limits.ts';
import { type QualityCode, quality } from '../base/quality.ts';
import { type Runs, withTime } from './runs.ts';
import { addAmounts, type Reading } from './step.ts';
import { addTo, type WideSum, zeroSum } from './wide-sum.ts';

export const counterEvents = ['rollover', 'reset', 'meter-swap'] as const;
export type CounterEvent = {
  readonly kind: (typeof counterEvents)[number];
  readonly atMs: number;
};

export type Accumulator = {
  /** Readings counted; the mantissas below mean nothing while it is 0. */
  readonly count: number;
  readonly first: number;
  readonly last: number;
  readonly min: number;
  readonly max: number;
  readonly sum: WideSum;
  /** When readings were counted: starts with the time of `first`, ends with that of `last`. */
  readonly runs: Runs;
  /** The highest code seen of a null, or of a value that the device itself flags. */
  readonly worst: QualityCode;
  /** Values left out, by reason. */
  readonly outOfRange: number;
  readonly stale: number;
  readonly spikes: number;
  /** A spike that the next reading may confirm: then it was a true step, or a counter's reset. */
  readonly suspect: Reading | undefined;
  /** What a counter counted from `first` to `last`. */
  readonly amount: number;
  readonly events: readonly CounterEvent[];
};

export const noReadings: Accumulator = Object.freeze({
  count: 0,
  first: 0,
  last: 0,
  min: 0,
  max: 0,
  sum: zeroSum,
  runs: [],
  worst: quality.good,
  outOfRange: 0,
  stale: 0,
  spikes: 0,
  suspect: undefined,
  amount: 0,
  events: [],
});

export function firstOf(register: Accumulator): Reading | undefined {
  const atMs = register.runs[0];
  return atMs === undefined ? undefined : { mantissa: register.first, atMs };
}

export function lastOf(register: Accumulator): Reading | undefined {
  const atMs = register.runs.at(-1);
  return atMs === undefined ? undefined : { mantissa: register.last, atMs };
}

/** One more reading counted. */
export function counted(register: Accumulator, reading: Reading, toleranceMs: number): Accumulator {
  const { mantissa, atMs } = reading;
  const { count } = register;
  const isFirst = count === 0 || atMs < (register.runs[0] ?? 0);
  const isLast = count === 0 || atMs > (register.runs.at(-1) ?? 0);
  return {
    ...register,
    count: count + 1,
    first: isFirst ? mantissa : register.first,
    last: isLast ? mantissa : register.last,
    min: count === 0 ? mantissa : Math.min(register.min, mantissa),
    max: count === 0 ? mantissa : Math.max(register.max, mantissa),
    sum: addTo(register.sum, mantissa),
    runs: withTime(register.runs, atMs, toleranceMs),
    suspect: isLast ? undefined : register.suspect,
  };
}

/** A counter went on. */
export function advanced(
  register: Accumulator,
  by: { readonly amount: number; readonly event: CounterEvent | undefined },
): Accumulator {
  const amount = addAmounts(register.amount, by.amount);
  if (by.event === undefined) return { ...register, amount };
  const events = [...register.events, by.event].sort((a, b) => a.atMs - b.atMs);
  return { ...register, amount, events: events.slice(0, limits.summaryEventsMax) };
}

/** As it stands in state. */
export function writeAccumulator(register: Accumulator): CborValue {
  const { suspect } = register;
  return [
    register.count,
    register.first,
    register.last,
    register.min,
    register.max,
    register.sum,
    register.runs,
    register.worst,
    register.outOfRange,
    register.stale,
    register.spikes,
    suspect === undefined ? null : [suspect.mantissa, suspect.atMs],
    register.amount,
    register.events.map(({ kind, atMs }) => [counterEvents.indexOf(kind), atMs]),
  ];
}

type Written = readonly [
  count: number,
  first: number,
  last: number,
  min: number,
  max: number,
  sum: WideSum,
  runs: Runs,
  worst: QualityCode,
  outOfRange: number,
  stale: number,
  spikes: number,
  suspect: readonly [mantissa: number, atMs: number] | null,
  amount: number,
  events: readonly (readonly [kind: number, atMs: number])[],
];

/** Reads only what `writeAccumulator` wrote: our own state, whose hash was checked. */
export function readAccumulator(state: CborValue): Accumulator {
  const [count, first, last, min, max, sum, runs, worst, ...rest] = state as Written;
  const [outOfRange, stale, spikes, suspect, amount, events] = rest;
  return {
    ...{ count, first, last, min, max, sum, runs, worst, outOfRange, stale, spikes, amount },
    suspect: suspect === null ? undefined : { mantissa: suspect[0], atMs: suspect[1] },
    events: events.map(([kind, atMs]) => ({
      kind: counterEvents[kind] as CounterEvent['kind'],
      atMs,
    })),
  };
}
