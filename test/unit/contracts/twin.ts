// SPDX-License-Identifier: Apache-2.0
// The slow, obvious twin of the summary contract: it keeps every reading of every window in
// lists, judges each value when it comes, and works a summary out from the whole list when asked.
// One device, one schema.

import type { Pack } from '../../../base/pack.ts';
import { hasValue, type QualityCode, quality, qualityName } from '../../../base/quality.ts';
import type { Schema, ValueSchema } from '../../../base/schema.ts';

type Reading = { readonly mantissa: number; readonly timeMs: number };

/** `spine`: not squeezed in between others afterwards, so a counter's way goes along it. */
type Counted = Reading & { readonly spine: boolean };

type Register = {
  counted: Counted[];
  nulls: QualityCode[];
  outOfRange: number;
  stale: number;
  spikes: number;
  suspect: Reading | undefined;
};

type Window = { times: number[]; duplicates: number; registers: Register[] };

/** The fields of a summary that readings decide. */
export type TwinSummary = {
  readonly count: number;
  readonly missing: readonly (readonly [number, number])[];
  readonly first: number | null;
  readonly last: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  readonly delta: number | null;
  readonly screened: readonly number[];
  readonly events: readonly (readonly [string, number])[];
  readonly reason: string;
};

const byTime = (a: Reading, b: Reading) => a.timeMs - b.timeMs;

export class Twin {
  readonly windows = new Map<number, Window>();
  readonly #schema: Schema;
  readonly #windowMs: number;

  constructor(schema: Schema, windowMs: number) {
    this.#schema = schema;
    this.#windowMs = windowMs;
  }

  take(pack: Pack): void {
    const number = Math.floor(pack.timeMs / this.#windowMs);
    const window = this.#window(number);
    if (this.#isDuplicate(window.times, pack.timeMs)) {
      window.duplicates += 1;
      return;
    }
    window.times.push(pack.timeMs);
    this.#schema.values.forEach((value, i) => {
      const mantissa = pack.mantissas[i] ?? null;
      const code = pack.qualities[i] ?? quality.good;
      const register = window.registers[i];
      if (register === undefined) return;
      if (mantissa === null) register.nulls.push(code);
      else this.#judge({ number, i, value, register }, { mantissa, timeMs: pack.timeMs }, code);
    });
  }

  summary(number: number, i: number): TwinSummary {
    const window = this.#window(number);
    const value = this.#schema.values[i] as ValueSchema;
    const register = window.registers[i] as Register;
    const readings = register.counted.toSorted(byTime);
    const mantissas = readings.map(({ mantissa }) => mantissa);
    const missing = this.#missing(number, readings);
    const way = value.kind === 'counter' ? this.#way(number, i, value) : undefined;
    const events = way?.events ?? [];
    const worst = Math.max(-1, ...register.nulls) as QualityCode;
    const reasons = [
      ...(events.some(([kind]) => kind === 'reset') ? ['reset'] : []),
      ...(register.outOfRange > 0 ? ['out-of-range'] : []),
      ...(register.stale > 0 ? ['stale'] : []),
      ...(register.spikes > 0 ? ['spike'] : []),
      ...(missing.length > 0 ? [hasValue(worst) ? 'not-received' : qualityName(worst)] : []),
      ...(way?.carriedOver ? ['carried-over'] : []),
    ];
    return {
      count: readings.length,
      missing,
      first: mantissas[0] ?? null,
      last: mantissas.at(-1) ?? null,
      min: mantissas.length === 0 ? null : Math.min(...mantissas),
      max: mantissas.length === 0 ? null : Math.max(...mantissas),
      mean: meanOf(mantissas),
      delta: way?.delta ?? null,
      screened: [register.outOfRange, window.duplicates, register.stale, register.spikes],
      events,
      reason: reasons.join(', '),
    };
  }

  #window(number: number): Window {
    const known = this.windows.get(number);
    if (known !== undefined) return known;
    const registers = this.#schema.values.map(
      (): Register => ({
        ...{ counted: [], nulls: [], outOfRange: 0, stale: 0, spikes: 0, suspect: undefined },
      }),
    );
    const window = { times: [], duplicates: 0, registers };
    this.windows.set(number, window);
    return window;
  }

  /** At the time of another pack, or between two that have none missing between them. */
  #isDuplicate(times: readonly number[], timeMs: number): boolean {
    const before = Math.max(...times.filter((other) => other <= timeMs));
    const after = Math.min(...times.filter((other) => other >= timeMs));
    return before === timeMs || (after - before) * 2 <= this.#schema.periodMs * 3;
  }

  #judge(
    at: { number: number; i: number; value: ValueSchema; register: Register },
    reading: Reading,
    code: QualityCode,
  ): void {
    const { value, register } = at;
    const { mantissa, timeMs } = reading;
    const tooLow = value.min !== null && mantissa < value.min;
    const tooHigh = value.max !== null && mantissa > value.max;
    if (code === quality.outOfRange || tooLow || tooHigh) {
      register.outOfRange += 1;
    } else if (code === quality.stale) {
      register.stale += 1;
    } else if (code === quality.spike) {
      register.spikes += 1;
    } else {
      const sorted = register.counted.toSorted(byTime);
      const [first, last] = [sorted[0], sorted.at(-1)];
      if (first === undefined || last === undefined || timeMs > last.timeMs) {
        this.#judgeNext(at, reading, last);
      } else {
        const between = timeMs > first.timeMs;
        const fits = between
          ? stepOf(value, first, reading) !== undefined &&
            stepOf(value, reading, last) !== undefined
          : stepOf(value, reading, first) !== undefined;
        if (fits) register.counted.push({ ...reading, spine: !between });
        else register.spikes += 1;
      }
    }
  }

  #judgeNext(
    {
      number,
      i,
      value,
      register,
    }: { number: number; i: number; value: ValueSchema; register: Register },
    reading: Reading,
    last: Reading | undefined,
  ): void {
    const earlier = last === undefined ? this.#earlier(number, i) : undefined;
    const before = last ?? earlier?.last;
    const suspect = register.suspect ?? earlier?.suspect;
    const fits = (other: Reading | undefined) =>
      other !== undefined && stepOf(value, other, reading) !== undefined;
    if (before === undefined || fits(before) || fits(suspect)) {
      register.counted.push({ ...reading, spine: true });
      register.suspect = undefined;
    } else {
      register.spikes += 1;
      register.suspect = reading;
    }
  }

  #earlier(number: number, i: number): { last: Reading; suspect: Reading | undefined } | undefined {
    const numbers = [...this.windows.keys()]
      .filter((other) => other < number)
      .sort((a, b) => b - a);
    for (const other of numbers) {
      const register = this.windows.get(other)?.registers[i];
      const last = register?.counted.toSorted(byTime).at(-1);
      if (register !== undefined && last !== undefined) return { last, suspect: register.suspect };
    }
    return undefined;
  }

  #way(number: number, i: number, value: ValueSchema) {
    const spine = this.#window(number).registers[i]?.counted.filter((one) => one.spine) ?? [];
    const earlier = this.#earlier(number, i)?.last;
    const path: Reading[] = [...(earlier === undefined ? [] : [earlier]), ...spine.sort(byTime)];
    const events: [string, number][] = [];
    let delta: number | null = null;
    for (const [step, to] of path.slice(1).entries()) {
      const amount = stepOf(value, path[step] as Reading, to);
      if (amount === undefined) events.push(['reset', to.timeMs]);
      else if (to.mantissa < (path[step] as Reading).mantissa) events.push(['rollover', to.timeMs]);
      // Inside the window a reset leaves a delta of 0; into the window, none.
      if (amount !== undefined || path[step] !== earlier) delta = (delta ?? 0) + (amount ?? 0);
    }
    const startMs = number * this.#windowMs;
    const carriedOver =
      spine.length > 0 && earlier !== undefined && earlier.timeMs < startMs - this.#windowMs;
    return spine.length === 0
      ? { delta: null, events: [], carriedOver: false }
      : { delta, events, carriedOver };
  }

  #missing(number: number, readings: readonly Reading[]): readonly (readonly [number, number])[] {
    const startMs = number * this.#windowMs;
    const endMs = startMs + this.#windowMs;
    const { periodMs } = this.#schema;
    const times = readings.map(({ timeMs }) => timeMs);
    const [firstMs, lastMs] = [times[0], times.at(-1)];
    if (firstMs === undefined || lastMs === undefined) return [[startMs, endMs]];
    const holes: [number, number][] = [];
    const headMs = firstMs - startMs;
    const tailMs = endMs - lastMs;
    if ((headMs + tailMs) * 2 > periodMs * 3) {
      if (tailMs > periodMs) holes.push([lastMs + periodMs, endMs]);
      if (headMs >= periodMs || (headMs > 0 && tailMs <= periodMs)) holes.push([startMs, firstMs]);
    }
    times.slice(1).forEach((timeMs, i) => {
      const beforeMs = times[i] as number;
      if ((timeMs - beforeMs) * 2 > periodMs * 3) holes.push([beforeMs + periodMs, timeMs]);
    });
    return holes.sort(([a], [b]) => a - b);
  }
}

/** What a counter counted, 0 for other values; undefined where the step is not plausible. */
function stepOf(value: ValueSchema, from: Reading, to: Reading): number | undefined {
  const seconds = Math.abs(to.timeMs - from.timeMs) / 1_000;
  const allowed = value.maxStepPerSecond === null ? Infinity : value.maxStepPerSecond * seconds;
  const change = to.mantissa - from.mantissa;
  if (value.kind === 'instantaneous') return Math.abs(change) <= allowed ? 0 : undefined;
  if (change >= 0) return change <= allowed ? change : undefined;
  if (value.max === null) return undefined;
  const over = change + value.max + 1;
  const short = value.maxStepPerSecond === null ? over <= value.max / 5 : over <= allowed;
  return short ? over : undefined;
}

/** In thousandths, half to even, by long division. */
function meanOf(mantissas: readonly number[]): number | null {
  if (mantissas.length === 0) return null;
  const sum = mantissas.reduce((total, mantissa) => total + mantissa, 0) * 1_000;
  const floor = Math.floor(sum / mantissas.length);
  const twice = 2 * (sum - floor * mantissas.length);
  const up = twice > mantissas.length || (twice === mantissas.length && floor % 2 !== 0);
  return up ? floor + 1 : floor;
}
