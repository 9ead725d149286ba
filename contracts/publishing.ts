// SPDX-License-Identifier: Apache-2.0
// Makes the summaries of one device in one window out of what was kept of its readings.

import { divideHalfEven, safeInteger } from '../base/decimal.ts';
import { limits } from '../base/limits.ts';
import type { ValueSchema } from '../base/schema.ts';
import { type Accumulator, type CounterEvent, firstOf, lastOf, noReadings } from './accumulator.ts';
import type { Book } from './book.ts';
import type { Device } from './device.ts';
import { earlierReading } from './history.ts';
import { goesOn, type Layout, sameLayout, sameScale } from './layout.ts';
import { reasonsOf } from './reasons.ts';
import { merged, missingIn, type Runs, toleranceOf } from './runs.ts';
import { addAmounts, type Reading, stepBetween } from './step.ts';
import type { Summary } from './summary.ts';
import { toBigint } from './wide-sum.ts';
import { type Part, partOf, type WindowRecord } from './window-record.ts';

/** The window that is put out. */
export type Issue = {
  readonly book: Book;
  readonly name: string;
  readonly device: Device;
  readonly number: number;
  readonly window: WindowRecord;
  readonly windowMs: number;
};

/** A register as one schema shows it in the window; two where the schema changed in mid-window. */
type Piece = {
  readonly layout: Layout;
  readonly value: ValueSchema;
  readonly part: Part | undefined;
  readonly register: Accumulator;
};

/** One for each tradable register: of the schemas in force, heard or not, if the device was known
 * when the window began; and of all others that packs came by. */
export function summariesOf(issue: Issue): readonly Summary[] {
  const pieces = new Map<string, Piece[]>();
  for (const { layout, part } of layoutsOf(issue)) {
    layout.registers.forEach(({ value }, i) => {
      const piece = { layout, value, part, register: part?.registers[i] ?? noReadings };
      const others = pieces.get(value.obis);
      if (others === undefined) pieces.set(value.obis, [piece]);
      else others.push(piece);
    });
  }
  return [...pieces.values()].map((ofRegister) => summaryOf(issue, ofRegister));
}

/** Schemas in force first, then newer before older: the first one decides unit, exponent and
 * period. */
function layoutsOf({ device, number, window, windowMs }: Issue): readonly {
  readonly layout: Layout;
  readonly part: Part | undefined;
}[] {
  const expected = device.knownSinceMs <= number * windowMs;
  const inForce = device.inForce
    .map(({ layout }) => ({ layout, part: partOf(window, layout) }))
    .filter(({ part }) => expected || part !== undefined);
  const others = window.parts.filter(
    ({ layout }) => !device.inForce.some((other) => sameLayout(other.layout, layout)),
  );
  return [...inForce, ...others.toReversed().map((part) => ({ layout: part.layout, part }))];
}

function summaryOf(issue: Issue, all: readonly Piece[]): Summary {
  const { layout, value } = all[0] as Piece;
  const { windowMs } = issue;
  const startMs = issue.number * windowMs;
  const pieces = all.filter((piece) => sameScale(piece.value, value)).sort(byFirstReading);
  const read = pieces.filter(({ register }) => register.count > 0);
  const { periodMs } = layout.schema;
  const missing = missingIn(runsOf(read, periodMs), { windowMs, periodMs });
  const counter = value.kind === 'counter' ? countedBy(issue, read) : undefined;
  const events = (counter?.events ?? []).slice(0, limits.summaryEventsMax);
  const { quality, reason } = reasonsOf({
    registers: pieces.map(({ register }) => register),
    clockUnset: read.some(({ part }) => part?.clockUnset === true),
    isMissing: missing.length > 0,
    events,
    isCarriedOver: counter?.isCarriedOver === true,
    gap: gapIn(issue),
  });
  const sumOf = (count: (piece: Piece) => number) =>
    pieces.reduce((sum, piece) => sum + count(piece), 0);
  return {
    kind: 'summary',
    device: issue.name,
    obis: value.obis,
    unit: value.unit,
    exponent: value.exponent,
    windowStartMs: startMs,
    windowMs,
    revision: issue.window.published,
    expectedCount: Math.floor(windowMs / periodMs),
    missing: missing.map(([fromMs, toMs]) => [startMs + fromMs, startMs + toMs]),
    ...statisticsOf(read, value.exponent),
    delta: counter?.delta ?? null,
    quality,
    reason,
    screened: [
      sumOf(({ register }) => register.outOfRange),
      sumOf(({ part }) => part?.duplicates ?? 0),
      sumOf(({ register }) => register.stale),
      sumOf(({ register }) => register.spikes),
    ],
    events: events.map(({ kind, atMs }) => [kind, startMs + atMs]),
    definition: layout.schema.definition,
  };
}

function byFirstReading(a: Piece, b: Piece): number {
  return (a.register.runs[0] ?? 0) - (b.register.runs[0] ?? 0);
}

function runsOf(read: readonly Piece[], periodMs: number): Runs {
  return read
    .map(({ register }) => register.runs)
    .reduce((all, runs) => merged(all, runs, toleranceOf(periodMs)), []);
}

type Statistics = Pick<
  Summary,
  'count' | 'first' | 'last' | 'min' | 'max' | 'mean' | 'meanExponent'
>;

/** The digits by which the mean is finer than the readings. */
const meanDigits = 3;

function statisticsOf(read: readonly Piece[], exponent: number): Statistics {
  const registers = read.map(({ register }) => register);
  const [first] = registers;
  if (first === undefined) {
    const none = { first: null, last: null, min: null, max: null, mean: null };
    return { count: 0, ...none, meanExponent: exponent - meanDigits };
  }
  const count = registers.reduce((sum, register) => sum + register.count, 0);
  const sum = registers.reduce((total, register) => total + toBigint(register.sum), 0n);
  const latest = registers.reduce((a, b) => ((b.runs.at(-1) ?? 0) > (a.runs.at(-1) ?? 0) ? b : a));
  return {
    count,
    first: first.first,
    last: latest.last,
    min: Math.min(...registers.map(({ min }) => min)),
    max: Math.max(...registers.map(({ max }) => max)),
    ...meanOf(sum, count, exponent),
  };
}

/** Rounded half to even; only a mean that would be no safe integer then has no digits more. */
function meanOf(
  sum: bigint,
  count: number,
  exponent: number,
): { readonly mean: number; readonly meanExponent: number } {
  const fine = safeInteger(divideHalfEven(sum * 10n ** BigInt(meanDigits), BigInt(count)));
  return fine === undefined
    ? { mean: Number(divideHalfEven(sum, BigInt(count))), meanExponent: exponent }
    : { mean: fine, meanExponent: exponent - meanDigits };
}

type Counted = {
  readonly delta: number | null;
  readonly events: readonly CounterEvent[];
  /** The window before this one had no reading, so that its share is in this delta. */
  readonly isCarriedOver: boolean;
};

/** Goes along the readings, from the last one before the window, and adds up what the counter
 * counted. */
function countedBy(issue: Issue, read: readonly Piece[]): Counted {
  const [first] = read;
  if (first === undefined) return { delta: null, events: [], isCarriedOver: false };
  const { obis } = first.value;
  const earlier = earlierReading(issue.book, { ...issue, obis });
  const events: CounterEvent[] = [];
  let amount = 0;
  let steps = 0;
  let previous: { readonly layout: Layout; readonly last: Reading } | undefined = earlier;
  for (const { layout, value, register } of read) {
    const start = firstOf(register);
    const end = lastOf(register);
    if (start === undefined || end === undefined) continue;
    if (previous !== undefined) {
      const link = linkOf(previous, { layout, value, first: start });
      amount = addAmounts(amount, link.amount ?? 0);
      steps += link.amount === undefined ? 0 : 1;
      if (link.event !== undefined) events.push({ kind: link.event, atMs: start.atMs });
    }
    amount = addAmounts(amount, register.amount);
    steps += register.count - 1;
    events.push(...register.events);
    previous = { layout, last: end };
  }
  const usualMs = Math.max(issue.windowMs, toleranceOf(first.layout.schema.periodMs));
  return {
    delta: steps > 0 ? amount : null,
    events,
    isCarriedOver: earlier !== undefined && earlier.last.atMs < -usualMs,
  };
}

function linkOf(
  from: { readonly layout: Layout; readonly last: Reading },
  to: { readonly layout: Layout; readonly value: ValueSchema; readonly first: Reading },
): { readonly amount: number | undefined; readonly event: CounterEvent['kind'] | undefined } {
  if (!goesOn(from.layout, to.layout, to.value.obis)) {
    return { amount: undefined, event: 'meter-swap' };
  }
  const step = stepBetween(to.value, from.last, to.first);
  if (step === undefined) return { amount: undefined, event: 'reset' };
  return { amount: step.amount, event: step.rollover ? 'rollover' : undefined };
}

/** The gateway's own word for a silence in this window. */
function gapIn({ device, number, windowMs }: Issue): string | undefined {
  const { gap } = device;
  if (gap === undefined) return undefined;
  const startMs = number * windowMs;
  return gap.fromMs < startMs + windowMs && gap.toMs > startMs ? gap.reason : undefined;
}
