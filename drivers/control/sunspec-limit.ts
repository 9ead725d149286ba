// SPDX-License-Identifier: Apache-2.0
// A limit on what a SunSpec source gives, in percent of its rating: model 704 where the device has
// it, else 123. Value and timer are written before the limit is switched on, so that it is never on
// without an end; what the device does not implement is not written; all of it is read back.

import { rescale } from '../../base/decimal.ts';
import { type Answer, type ControlLine, type Faulty, faulty } from '../line.ts';
import { type Ask, discover, type FoundModel } from '../sunspec/discovery.ts';
import { pointValue, scaleFactor } from '../sunspec/point-value.ts';

export type LimitPlace = { readonly line: ControlLine; readonly unit: number };

export type Limit = {
  /** Tenths of a percent of the rating, 0 to 1000. */
  readonly permille: number;
  /** After this long the device itself ends the limit; null: never. */
  readonly reversionSeconds: number | null;
};

/** What the device has to be limited by. */
export type LimitModel = {
  readonly kind: 'immediate-controls' | 'ac-controls';
  readonly address: number;
  readonly scale: number;
  /** Offsets of the registers that the device has, but does not implement. */
  readonly unimplemented: readonly number[];
  readonly state: LimitState;
};

/** As the device says. */
export type LimitState = {
  readonly isOn: boolean;
  /** undefined where it has none. */
  readonly permille: number | undefined;
  /** undefined where the device has no such timer. */
  readonly reversionSeconds: number | undefined;
  /** Until the limit ends by itself, where the device tells. */
  readonly remainingSeconds: number | undefined;
};

export type Found = { readonly ok: true; readonly model: LimitModel } | Faulty;

type Offsets = {
  readonly id: number;
  readonly kind: LimitModel['kind'];
  readonly percent: number;
  readonly scale: number;
  readonly timer: number;
  /** Registers of the timers. */
  readonly timerCount: 1 | 2;
  readonly remaining: number | undefined;
  /** Registers that are written with the value, of `timerCount` each, and that a device may lack. */
  readonly optional: readonly number[];
  readonly enable: number;
  readonly count: number;
};

// Registers from the model's ID (github.com/sunspec/models, 7abdf89).
const models: readonly Offsets[] = [
  {
    ...{ id: 704, kind: 'ac-controls', percent: 15, scale: 54, timer: 18, timerCount: 2 },
    ...{ remaining: 20, optional: [18], enable: 14, count: 55 },
  },
  {
    ...{ id: 123, kind: 'immediate-controls', percent: 5, scale: 23, timer: 7, timerCount: 1 },
    ...{ remaining: undefined, optional: [6, 7, 8], enable: 9, count: 24 },
  },
];

const urgent = { priority: 'control', patient: true } as const;
const readHolding = 3;
const writeOne = 6;
const writeMany = 16;

/** Asks the device. Never rejects. */
export async function findLimit(place: LimitPlace): Promise<Found> {
  const found = await discover(askOf(place));
  if (!found.ok) return found;
  for (const offsets of models) {
    const model = found.models.find(({ id }) => id === offsets.id);
    if (model !== undefined) return read(place, model, offsets);
  }
  return faulty({
    kind: 'malformed',
    detail: 'the device has neither SunSpec model 704 nor 123: it cannot be limited this way',
  });
}

/** Writes the limit, and reads back what the device has of it. Never rejects. */
export async function setLimit(place: LimitPlace, model: LimitModel, limit: Limit): Promise<Found> {
  if (model.state.reversionSeconds === undefined && limit.reversionSeconds !== null) {
    const hint = 'a limit without a timer stays until it is released';
    return faulty({ kind: 'malformed', detail: 'the device has no reversion timer', hint });
  }
  const raw = rescale(limit.permille, { from: -1, to: model.scale });
  const seconds = limit.reversionSeconds ?? 0;
  for (const { offset, values } of writesOf(model, Number(raw), seconds)) {
    const written = await write(place, model.address + offset, values);
    if (!written.ok) return written;
  }
  return again(place, model);
}

/** Ends the limit. Never rejects. */
export async function releaseLimit(place: LimitPlace, model: LimitModel): Promise<Found> {
  const written = await write(place, model.address + offsetsOf(model).enable, [0]);
  return written.ok ? again(place, model) : written;
}

type Write = { readonly offset: number; readonly values: readonly number[] };

/** The switch is the last of them. */
function writesOf(model: LimitModel, raw: number, seconds: number): readonly Write[] {
  if (model.kind === 'ac-controls') {
    // On reversion: no limit. The switch stands before the value, so it has a request of its own.
    const timer = [raw, 0, seconds >>> 16, seconds & 0xffff];
    const isTimed = model.state.reversionSeconds !== undefined;
    return [
      { offset: 15, values: [raw, ...(isTimed ? timer : [])] },
      { offset: 14, values: [1] },
    ];
  }
  // Value, time window at once, timer, ramp as the device has it by default, switch.
  return runsOf({ offset: 5, values: [raw, 0, seconds, 0, 1] }, model.unimplemented);
}

/** Without the registers that are left out: those between them, each run in a request. */
function runsOf({ offset, values }: Write, leftOut: readonly number[]): readonly Write[] {
  const runs: { offset: number; values: number[] }[] = [];
  for (const [i, value] of values.entries()) {
    const at = offset + i;
    const last = runs.at(-1);
    if (leftOut.includes(at)) continue;
    if (last !== undefined && last.offset + last.values.length === at) last.values.push(value);
    else runs.push({ offset: at, values: [value] });
  }
  return runs;
}

async function read(place: LimitPlace, model: FoundModel, offsets: Offsets): Promise<Found> {
  const count = Math.min(offsets.count, 2 + model.length);
  const answer = await askOf(place)(model.address, count);
  if (!answer.ok) return answer;
  const { registers } = answer;
  const scale = scaleFactor(registers[offsets.scale] ?? 0x8000);
  if (scale === undefined) {
    const detail = `SunSpec model ${offsets.id} of the device has no scale factor of its limit`;
    return faulty({ kind: 'malformed', detail });
  }
  const timer = (at: number | undefined) =>
    at === undefined ? undefined : integer(registers.slice(at, at + offsets.timerCount));
  const unimplemented = offsets.optional.filter((at) => timer(at) === undefined);
  const raw = integer(registers.slice(offsets.percent, offsets.percent + 1));
  return {
    ok: true,
    model: {
      kind: offsets.kind,
      address: model.address,
      scale,
      unimplemented,
      state: {
        isOn: registers[offsets.enable] === 1,
        permille: raw === undefined ? undefined : Number(rescale(raw, { from: scale, to: -1 })),
        reversionSeconds: timer(offsets.timer),
        remainingSeconds: timer(offsets.remaining),
      },
    },
  };
}

/** As the device has it now. */
async function again(place: LimitPlace, { kind, address }: LimitModel): Promise<Found> {
  const offsets = offsetsOf({ kind });
  return read(place, { id: offsets.id, address, length: offsets.count - 2 }, offsets);
}

function offsetsOf({ kind }: Pick<LimitModel, 'kind'>): Offsets {
  return models.find((one) => one.kind === kind) as Offsets;
}

/** Of a timer; undefined where the device has none. */
function integer(words: readonly number[]): number | undefined {
  if (words.length === 0) return undefined;
  const value = pointValue(words.length === 2 ? 'uint32' : 'uint16', words);
  return value.kind === 'integer' ? Number(value.value) : undefined;
}

function write({ line, unit }: LimitPlace, address: number, values: readonly number[]) {
  const functionCode = values.length === 1 ? writeOne : writeMany;
  return line.write({ unit, functionCode, address, values });
}

function askOf({ line, unit }: LimitPlace): Ask {
  return (address, count): Promise<Answer> =>
    line.request({ unit, functionCode: readHolding, address, count }, urgent);
}
