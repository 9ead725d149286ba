// SPDX-License-Identifier: Apache-2.0
// One reading of one meter: plan → requests → values. No clock: whoever asks knows when. Each
// register of the definition gets exactly one value, in the definition's order; what was not read
// is null and says why. A read that the device refuses is split, and where that helped is told, so
// that the next plan begins there.

import { assert } from '../base/assert.ts';
import { limits } from '../base/limits.ts';
import { quality } from '../base/quality.ts';
import type { Reading, ReadValue } from './device.ts';
import { endsReading, qualityOf } from './fault-quality.ts';
import type { Answer, AskOptions, Line, LineFault } from './line.ts';
import type { MeterDefinition } from './meter-definition.ts';
import { illegalDataAddress, illegalDataValue } from './modbus/exception.ts';
import {
  type Cuts,
  noCuts,
  type PlannedRead,
  planReads,
  type Readable,
  type Span,
  splitRead,
} from './read-plan.ts';
import { decodeRegister } from './register-value.ts';

export type RegistersToRead<R extends Span> = {
  readonly line: Line;
  readonly definition: Readable<R>;
  readonly unit: number;
  /** Where earlier readings had to begin anew. */
  readonly cuts?: Cuts;
  /** How many refused reads may be split. */
  readonly splitsMax?: number;
} & AskOptions;

export type MeterReading = Reading & {
  /** Addresses at which the next plan should begin a read, too. */
  readonly learnedCuts: Cuts;
};

/** The value in the registers that one of `R` names. */
export type Decode<R extends Span> = (register: R, words: readonly number[]) => ReadValue;

export function readMeter(
  meter: RegistersToRead<MeterDefinition['registers'][number]>,
): Promise<MeterReading> {
  return readRegisters(meter, decodeRegister);
}

/** Never rejects. A device that does not answer is asked only once a reading. */
export async function readRegisters<R extends Span>(
  meter: RegistersToRead<R>,
  decode: Decode<R>,
): Promise<MeterReading> {
  const { definition, cuts = noCuts, splitsMax = limits.readSplitsMax } = meter;
  const values = new Map<R, ReadValue>();
  const faults: LineFault[] = [];
  const learnedCuts = new Set<number>();
  const open = [...planReads(definition, cuts)];
  let splitCount = 0;
  for (let read = open.shift(); read !== undefined; read = open.shift()) {
    const answer = faults.some(endsReading) ? undefined : await ask(meter, read);
    if (answer?.ok === false) {
      const parts = refusesSpan(answer.fault) ? splitRead(read) : [];
      if (parts.length > 0 && splitCount < splitsMax) {
        splitCount += 1;
        open.unshift(...parts);
        for (const part of parts.slice(1)) learnedCuts.add(part.address);
        continue;
      }
      faults.push(answer.fault);
    }
    for (const one of read.registers) values.set(one, valueIn({ read, answer, one, decode }));
  }
  const some = [...values.values()].some(({ mantissa }) => mantissa !== null);
  return {
    values: definition.registers.map((register) => {
      const value = values.get(register);
      assert(value !== undefined, 'the plan covers every register');
      return value;
    }),
    faults,
    // What refuses everything is not this meter: nothing is learned from that.
    learnedCuts: some && !faults.some(endsReading) ? learnedCuts : noCuts,
  };
}

function ask(
  meter: Omit<RegistersToRead<Span>, 'definition'>,
  { functionCode, address, count }: Omit<PlannedRead<Span>, 'registers'>,
): Promise<Answer> {
  const { line, unit, priority = 'scheduled', patient = false } = meter;
  return line.request({ unit, functionCode, address, count }, { priority, patient });
}

function refusesSpan(fault: LineFault): boolean {
  return (
    fault.kind === 'exception' &&
    (fault.exceptionCode === illegalDataAddress || fault.exceptionCode === illegalDataValue)
  );
}

type Asked<R extends Span> = {
  readonly read: Span;
  /** undefined where nothing was asked any more. */
  readonly answer: Answer | undefined;
  readonly one: R;
  readonly decode: Decode<R>;
};

function valueIn<R extends Span>({ read, answer, one, decode }: Asked<R>): ReadValue {
  if (answer === undefined) return { mantissa: null, quality: quality.notRead };
  if (!answer.ok) return { mantissa: null, quality: qualityOf(answer.fault) };
  const offset = one.address - read.address;
  const value = decode(one, answer.registers.slice(offset, offset + one.count));
  return answer.afterFault && value.quality === quality.good
    ? { ...value, quality: quality.afterBusError }
    : value;
}
