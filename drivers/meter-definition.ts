// SPDX-License-Identifier: Apache-2.0
// What a meter is, as data: where each value stands in its registers, what it means, and how we
// know. A definition holds verified facts only; the plausible bounds alone are our own choice.

import { rescale } from '../base/decimal.ts';
import type { Measurand } from './measurand.ts';

export type RawType =
  | 'float64'
  | 'float32'
  | 'uint64'
  | 'int64'
  | 'uint32'
  | 'int32'
  | 'uint16'
  | 'int16';

/** Which end of a value of several registers stands at the lowest address. Bytes within a
 * register are big-endian. */
export type WordOrder = 'high-word-first' | 'low-word-first';

/** Modbus function that reads the registers: 3 holding, 4 input. */
export type ReadFunction = 3 | 4;

/** How a fact is known: found alike in two or more public sources, or in one. */
export type Provenance = {
  readonly level: 'two-or-more-sources' | 'one-source';
  readonly sources: readonly string[];
};

export type MeterRegister = Measurand & {
  /** As sent on the wire, from 0. */
  readonly address: number;
  /** How many registers it takes. */
  readonly count: number;
  readonly rawType: RawType;
  readonly wordOrder: WordOrder;
  /** value in `unit` = raw × 10^scalePowerOfTen */
  readonly scalePowerOfTen: number;
  /** The raw value by which the meter says that there is none: the highest that the type can hold. */
  readonly unavailable: 'highest' | null;
  /** Plausible mantissas at `exponent`, null where we cannot say. */
  readonly min: number | null;
  readonly max: number | null;
  /** Largest plausible step of a counter's mantissa in a second. */
  readonly maxStepPerSecond: number | null;
  readonly provenance: Provenance;
};

export type Parity = 'none' | 'even' | 'odd';

export type SerialSettings = {
  readonly baudRate: number;
  readonly parity: Parity;
  readonly dataBits: 7 | 8;
  readonly stopBits: 1 | 2;
};

/** Registers in which a device says which model it is. */
export type Identification = {
  readonly address: number;
  readonly count: 1 | 2;
  /** What stands there, high word first, and the model that it means. */
  readonly models: Readonly<Record<number, string>>;
  readonly provenance: Provenance;
};

export type MeterDefinition = {
  /** `<vendor>-<model>`, kebab-case; named in every schema, so it never changes. */
  readonly id: string;
  readonly vendor: string;
  readonly model: string;
  readonly functionCode: ReadFunction;
  /** Most registers that the device gives in one answer. */
  readonly registersPerReadMax: number;
  /** As delivered, where known. */
  readonly serial: (Partial<SerialSettings> & { readonly provenance: Provenance }) | null;
  readonly identification?: Identification;
  readonly registers: readonly MeterRegister[];
  /** What a reader of the map should know, in our words. */
  readonly notes: readonly string[];
};

export function provenance(...sources: readonly string[]): Provenance {
  return { level: sources.length > 1 ? 'two-or-more-sources' : 'one-source', sources };
}

const registerCounts: Readonly<Record<RawType, number>> = {
  float64: 4,
  float32: 2,
  uint64: 4,
  int64: 4,
  uint32: 2,
  int32: 2,
  uint16: 1,
  int16: 1,
};

/** Plausible bounds in whole units, e.g. volts; mantissas are made from them. */
export type Bounds = {
  readonly min?: number;
  readonly max?: number;
  readonly maxStepPerSecond?: number;
};

type Place = {
  readonly address: number;
  readonly rawType?: RawType;
  readonly wordOrder?: WordOrder;
  readonly scalePowerOfTen?: number;
  readonly unavailable?: 'highest';
  readonly bounds?: Bounds;
  readonly sources: readonly string[];
};

/** A register from what it measures and where it stands; by default a float32, high word first,
 * unscaled. */
export function register(measurand: Measurand, place: Place): MeterRegister {
  const mantissa = (bound: number | undefined) =>
    bound === undefined ? null : Number(rescale(bound, { from: 0, to: measurand.exponent }));
  const { address, rawType = 'float32' } = place;
  return {
    ...measurand,
    address,
    count: registerCounts[rawType],
    rawType,
    wordOrder: place.wordOrder ?? 'high-word-first',
    scalePowerOfTen: place.scalePowerOfTen ?? 0,
    unavailable: place.unavailable ?? null,
    min: mantissa(place.bounds?.min),
    max: mantissa(place.bounds?.max),
    maxStepPerSecond: mantissa(place.bounds?.maxStepPerSecond),
    provenance: provenance(...place.sources),
  };
}
