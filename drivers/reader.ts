// SPDX-License-Identifier: Apache-2.0
// One reading of one meter: plan → requests → values. No clock: whoever asks knows when. Each
// register of the definition gets exactly one value, in the definition's order; what was not read
// is null and says why.

import { assert } from '../base/assert.ts';
import { type QualityCode, quality } from '../base/quality.ts';
import type { Reading, ReadValue } from './device.ts';
import type { Answer, AskOptions, Line, LineFault } from './line.ts';
import { type MeterDefinition, type MeterRegister, registerCount } from './meter-definition.ts';
import { illegalDataAddress, illegalDataValue } from './modbus/exception.ts';
import { type PlannedRead, planReads, type Span } from './read-plan.ts';
import { decodeRegister } from './register-value.ts';

export type MeterAddress = {
  readonly line: Line;
  readonly definition: MeterDefinition;
  readonly unit: number;
} & AskOptions;

/** Never rejects. A device that does not answer is asked only once a reading. */
export async function readMeter(meter: MeterAddress): Promise<Reading> {
  const values = new Map<MeterRegister, ReadValue>();
  const faults: LineFault[] = [];
  for (const read of planReads(meter.definition)) {
    const stopped = faults.some(isFinal);
    const answers = stopped ? [] : await ask(meter, read);
    for (const { answer } of answers) if (!answer.ok) faults.push(answer.fault);
    for (const register of read.registers) values.set(register, valueIn(answers, register));
  }
  return {
    values: meter.definition.registers.map((register) => {
      const value = values.get(register);
      assert(value !== undefined, 'the plan covers every register');
      return value;
    }),
    faults,
  };
}

type SpanAnswer = { readonly span: Span; readonly answer: Answer };

/** A device that refuses the read for the holes in it is asked for the parts. */
async function ask(meter: MeterAddress, read: PlannedRead): Promise<readonly SpanAnswer[]> {
  const { functionCode } = read;
  const { unit, line, ...options } = meter;
  const request = ({ address, count }: Span) =>
    line.request({ unit, functionCode, address, count }, options);
  const whole = await request(read);
  if (whole.ok || !refusesSpan(whole.fault) || read.parts.length === 1) {
    return [{ span: read, answer: whole }];
  }
  const answers: SpanAnswer[] = [];
  for (const span of read.parts) {
    const answer = await request(span);
    answers.push({ span, answer });
    if (!answer.ok && isFinal(answer.fault)) break;
  }
  return answers;
}

function refusesSpan(fault: LineFault): boolean {
  return (
    fault.kind === 'exception' &&
    (fault.exceptionCode === illegalDataAddress || fault.exceptionCode === illegalDataValue)
  );
}

/** Whether asking for more now would only cost the others time. */
function isFinal({ kind }: LineFault): boolean {
  return kind === 'time-out' || kind === 'closed' || kind === 'busy';
}

function valueIn(answers: readonly SpanAnswer[], register: MeterRegister): ReadValue {
  const count = registerCount(register.rawType);
  const found = answers.find(
    ({ span }) =>
      register.address >= span.address && register.address + count <= span.address + span.count,
  );
  if (found === undefined) return { mantissa: null, quality: quality.notRead };
  const { span, answer } = found;
  if (!answer.ok) return { mantissa: null, quality: qualityOf(answer.fault) };
  const offset = register.address - span.address;
  const value = decodeRegister(register, answer.registers.slice(offset, offset + count));
  return answer.afterFault && value.quality === quality.good
    ? { ...value, quality: quality.afterBusError }
    : value;
}

function qualityOf({ kind }: LineFault): QualityCode {
  switch (kind) {
    case 'time-out':
      return quality.timeOut;
    case 'closed':
      return quality.lineClosed;
    case 'busy':
      return quality.notRead;
    case 'exception':
      return quality.deviceException;
    case 'crc':
    case 'malformed':
      return quality.malformedAnswer;
  }
}
