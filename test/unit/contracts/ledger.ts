// SPDX-License-Identifier: Apache-2.0
// A ledger small enough for the tests of contracts: state in memory, encoded at the end of each
// block and decoded again when asked for, so that what a contract puts is what a real member
// would find.

import { type CborValue, decode, encode } from '../../../base/cbor.ts';
import { toKeyId, toSchemaId, toSequence } from '../../../base/ids.ts';
import type { LedgerEntry, Machine, StateView } from '../../../base/machine.ts';
import type { Pack } from '../../../base/pack.ts';
import { hasValue, type QualityCode, quality } from '../../../base/quality.ts';
import type { Schema, ValueSchema } from '../../../base/schema.ts';
import { decodeSummary, type Summary } from '../../../contracts/summary.ts';
import { summaryContract } from '../../../contracts/summary-contract.ts';
import type { Windows } from '../../../contracts/window.ts';

export class MemoryState implements StateView {
  readonly bytes = new Map<string, Uint8Array>();
  #block = new Map<string, CborValue | undefined>();

  get = (key: string): CborValue | undefined => {
    if (this.#block.has(key)) return this.#block.get(key);
    const bytes = this.bytes.get(key);
    if (bytes === undefined) return undefined;
    const decoded = decode(bytes);
    if (!decoded.ok) throw new Error(decoded.detail);
    return decoded.value;
  };

  put = (key: string, value: CborValue): void => {
    this.#block.set(key, value);
  };

  delete = (key: string): void => {
    this.#block.set(key, undefined);
  };

  endBlock(): void {
    for (const [key, value] of this.#block) {
      if (value === undefined) this.bytes.delete(key);
      else this.bytes.set(key, encode(value));
    }
    this.#block.clear();
  }
}

export class Ledger {
  readonly state = new MemoryState();
  readonly contract: Machine<LedgerEntry, Uint8Array, never>;
  #height = 0;

  constructor(windows: Windows) {
    this.contract = summaryContract(windows);
  }

  /** Outputs of the block, as bytes. */
  block(timeMs: number, ...entries: readonly LedgerEntry[]): readonly Uint8Array[] {
    this.#height += 1;
    const context = { height: this.#height, timeMs };
    const outputs = [...entries, { kind: 'block-end' } as const].flatMap(
      (entry) => this.contract.apply(this.state, entry, context).outputs,
    );
    this.state.endBlock();
    return outputs;
  }

  summaries(timeMs: number, ...entries: readonly LedgerEntry[]): readonly Summary[] {
    return summariesIn(this.block(timeMs, ...entries));
  }
}

export function summariesIn(outputs: readonly Uint8Array[]): readonly Summary[] {
  return outputs.flatMap((bytes) => {
    const decoded = decodeSummary(bytes);
    return decoded.ok ? [decoded.value] : [];
  });
}

export const gateway = toKeyId(new Uint8Array(8).fill(1));

/** The id is made up: contracts never hash. */
export function schemaEntry(
  number: number,
  schema: Schema,
): Extract<LedgerEntry, { kind: 'schema' }> {
  return { kind: 'schema', gateway, id: toSchemaId(new Uint8Array(32).fill(number)), schema };
}

export function batch(...packs: readonly Pack[]): LedgerEntry {
  return { kind: 'batch', gateway, sequence: toSequence(1), packs };
}

/** A number is a good value; a code of quality, in a list, comes with its value or, for a null,
 * alone. */
export type Given = number | readonly [QualityCode] | readonly [number, QualityCode];

export function pack(
  { id }: { readonly id: Pack['schemaId'] },
  timeMs: number,
  ...values: readonly Given[]
): Pack {
  const pairs = values.map((given): readonly [number | null, QualityCode] => {
    if (typeof given === 'number') return [given, quality.good];
    if (given.length === 2) return given;
    if (hasValue(given[0])) throw new Error('a value is missing');
    return [null, given[0]];
  });
  return {
    schemaId: id,
    timeMs,
    clock: { state: 'synchronised', errorMs: 1 },
    mantissas: pairs.map(([mantissa]) => mantissa),
    qualities: pairs.map(([, code]) => code),
  };
}

export const power: ValueSchema = {
  obis: '1-0:16.7.0*255',
  unit: 'W',
  exponent: -1,
  register: 'input 52 float32',
  class: 'tradable',
  kind: 'instantaneous',
  min: null,
  max: null,
  maxStepPerSecond: null,
};

export const energy: ValueSchema = {
  ...power,
  obis: '1-0:1.8.0*255',
  unit: 'Wh',
  exponent: 0,
  register: 'input 72 float32',
  kind: 'counter',
};

export function schemaOf(values: readonly ValueSchema[], change: Partial<Schema> = {}): Schema {
  return {
    device: 'meter-1',
    line: 'tcp',
    unitId: 1,
    request: 'modbus fc=4 0+76',
    periodMs: 1_000,
    definition: 'eastron-sdm630',
    values,
    ...change,
  };
}

export const windows = { windowMs: 10_000, graceMs: 5_000 };
/** Start of a window, and when that window closes. */
export const start = 1_763_683_200_000;
export const closing = start + 15_000;

/** A ledger that knows one meter since that window's start. */
export function ledgerOf(...values: readonly ValueSchema[]) {
  const ledger = new Ledger(windows);
  const meter = schemaEntry(1, schemaOf(values));
  ledger.block(start, meter);
  return { ledger, meter };
}

/** The summary of one register that was read each second from the window's start. */
export function summaryOf(value: ValueSchema, ...readings: readonly Given[]): Summary {
  const { ledger, meter } = ledgerOf(value);
  const packs = readings.map((given, i) => pack(meter, start + 1_000 * i, given));
  ledger.block(start + 10_000, batch(...packs));
  const [summary] = ledger.summaries(closing);
  return summary as Summary;
}

/** A window full of readings. */
export const ten: readonly number[] = [100, 101, 102, 103, 104, 105, 106, 107, 108, 110];
