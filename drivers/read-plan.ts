// SPDX-License-Identifier: Apache-2.0
// Merges the registers of a meter into few requests. Pure. A hole between two values is read along
// where that is cheaper than another request; a value is never split. Requests are put in such an
// order that neighbours differ in length wherever possible: an RTU answer carries no number of its
// own, and its length alone then tells a late answer from the awaited one.

import { assert } from '../base/assert.ts';
import { limits } from '../base/limits.ts';
import type { ReadFunction } from './meter-definition.ts';

/** Adjacent registers, from 0. */
export type Span = { readonly address: number; readonly count: number };

/** What is to be read of a device; `R` says where each value stands. */
export type Readable<R extends Span> = {
  readonly functionCode: ReadFunction;
  /** Values may share registers, as those of one scale factor do. */
  readonly registers: readonly R[];
  /** Most registers that the device gives in one answer. */
  readonly registersPerReadMax: number;
};

export type PlannedRead<R extends Span> = Span & {
  readonly functionCode: ReadFunction;
  /** By address. */
  readonly registers: readonly R[];
};

// At 9600 baud a request of its own costs about 50 ms (13 bytes of frame, two gaps, the device's
// turn-round), as much as 22 registers. The margin is for devices that answer faster.
const holeRegistersMax = 16;

/** Addresses of values at which a read begins, for the device refused to have them read along with
 * those before. */
export type Cuts = ReadonlySet<number>;

export const noCuts: Cuts = new Set();

export function planReads<R extends Span>(
  meter: Readable<R>,
  cuts: Cuts = noCuts,
): readonly PlannedRead<R>[] {
  const { registersPerReadMax } = meter;
  assert(registersPerReadMax <= limits.modbusRegistersMax, 'no device gives more than Modbus can');
  const groups: R[][] = [];
  for (const register of meter.registers.toSorted((a, b) => a.address - b.address)) {
    const group = groups.at(-1);
    const fits = group !== undefined && belongsTo(group, register, registersPerReadMax);
    if (fits && !cuts.has(register.address)) {
      group.push(register);
    } else {
      groups.push([register]);
    }
  }
  return neighboursApart(groups.map((registers) => readOf(meter, registers)));
}

/** What to ask of a device that refuses a read: its parts without the holes; of one without holes,
 * its halves; of a single value, nothing. */
export function splitRead<R extends Span>(read: PlannedRead<R>): readonly PlannedRead<R>[] {
  const parts = partsOf(read.registers);
  const half = Math.ceil(read.registers.length / 2);
  const halves = [read.registers.slice(0, half), read.registers.slice(half)];
  if (read.registers.length === 1) return [];
  return (parts.length > 1 ? parts : halves).map((registers) => readOf(read, registers));
}

function readOf<R extends Span>(
  { functionCode }: Pick<Readable<R>, 'functionCode'>,
  registers: readonly R[],
): PlannedRead<R> {
  return { ...spanOf(registers), functionCode, registers };
}

function belongsTo(group: readonly Span[], next: Span, countMax: number): boolean {
  const hole = next.address - endOf(group);
  return hole <= holeRegistersMax && spanOf([...group, next]).count <= countMax;
}

function spanOf(registers: readonly Span[]): Span {
  const [first] = registers;
  assert(first !== undefined, 'a read has at least one value');
  return { address: first.address, count: endOf(registers) - first.address };
}

function endOf(registers: readonly Span[]): number {
  return Math.max(...registers.map(({ address, count }) => address + count));
}

function partsOf<R extends Span>(registers: readonly R[]): readonly (readonly R[])[] {
  const parts: R[][] = [];
  for (const register of registers) {
    const part = parts.at(-1);
    if (part !== undefined && register.address <= endOf(part)) part.push(register);
    else parts.push([register]);
  }
  return parts;
}

/** Deals the reads out, longest first, to every second place and then to those between: two of one
 * length become neighbours only where more than half of all are of that length. */
function neighboursApart<S extends Span>(reads: readonly S[]): readonly S[] {
  const byLength = reads.toSorted((a, b) => b.count - a.count || a.address - b.address);
  const half = Math.ceil(byLength.length / 2);
  return byLength.slice(0, half).flatMap((read, i) => {
    const partner = byLength[half + i];
    return partner === undefined ? [read] : [read, partner];
  });
}
