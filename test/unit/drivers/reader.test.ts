// SPDX-License-Identifier: Apache-2.0
// Reading a meter: every register gets one value, and what was not read is null with its reason.

import { describe, expect, test } from 'vitest';
import { limits } from '../../../base/limits.ts';
import { quality } from '../../../base/quality.ts';
import { findMeter } from '../../../drivers/index.ts';
import type { Answer, Line, LineFault, RegisterRequest } from '../../../drivers/line.ts';
import type { MeterDefinition, MeterRegister } from '../../../drivers/meter-definition.ts';
import { planReads } from '../../../drivers/read-plan.ts';
import { readMeter } from '../../../drivers/reader.ts';

const definition = findMeter('eastron-sdm630') as MeterDefinition;
const reads = planReads(definition);
const fault = (kind: 'time-out' | 'crc' | 'malformed' | 'closed' | 'busy'): Answer => ({
  ok: false,
  fault: { kind, detail: 'as ordered' },
});
const refusal = (exceptionCode: number): Answer => ({
  ok: false,
  fault: { kind: 'exception', exceptionCode, detail: 'as ordered' },
});
const zeros = ({ count }: RegisterRequest, afterFault = false): Answer => ({
  ok: true,
  registers: Array.from({ length: count }, () => 0),
  afterFault,
});

function scripted(answer: (request: RegisterRequest, index: number) => Answer) {
  const requests: RegisterRequest[] = [];
  const line: Line = {
    name: 'scripted',
    request: async (request) => answer(request, requests.push(request) - 1),
    close: async () => undefined,
  };
  return { line, requests };
}

const read = (line: Line) => readMeter({ line, definition, unit: 17 });

test('asks what is planned, of the unit', async () => {
  const { line, requests } = scripted((request) => zeros(request));
  const { values, faults } = await read(line);
  expect(requests).toEqual(
    reads.map(({ address, count }) => ({ unit: 17, functionCode: 4, address, count })),
  );
  expect(faults).toEqual([]);
  expect(values.length).toBe(definition.registers.length);
});

describe('a fault in the first read', () => {
  test.each([
    ['time-out', quality.timeOut, quality.notRead],
    ['closed', quality.lineClosed, quality.notRead],
    ['busy', quality.notRead, quality.notRead],
    ['crc', quality.malformedAnswer, undefined],
    ['malformed', quality.malformedAnswer, undefined],
  ] as const)('%s', async (kind, code, others) => {
    const { line, requests } = scripted((request, i) => (i === 0 ? fault(kind) : zeros(request)));
    const { values, faults } = await read(line);
    expect(faults.map((found: LineFault) => found.kind)).toEqual([kind]);
    const lost = new Set(reads[0]?.registers);
    for (const [i, value] of values.entries()) {
      if (lost.has(definition.registers[i] as MeterRegister))
        expect(value).toMatchObject({ mantissa: null, quality: code });
      else if (others !== undefined) {
        expect(value).toMatchObject({ mantissa: null, quality: others });
      } else expect(value.mantissa).not.toBeNull();
    }
    expect(requests.length).toBe(others === undefined ? reads.length : 1);
  });
});

test('a value of the first answer after a fault is marked', async () => {
  const { line } = scripted((request, i) => zeros(request, i === 0));
  const { values } = await read(line);
  const marked = values.filter((value) => value.quality === quality.afterBusError);
  // The frequency of 0 Hz stays out of range: the graver word counts.
  expect(marked.length).toBe((reads[0]?.registers.length ?? 0) - 1);
});

/** Refuses to give these registers. */
const without =
  (addresses: readonly number[], code = 2) =>
  (request: RegisterRequest) => {
    const { address, count } = request;
    const asked = addresses.some((one) => one >= address && one < address + count);
    return asked ? refusal(code) : zeros(request);
  };

describe('a device that refuses a read', () => {
  // The SDM630 keeps the total power at 0x34, the reactive power at 0x3C, energy from 0x48 on.
  const hole = 0x38;

  test('for a hole is asked for the parts, once: then the plan knows', async () => {
    const { line, requests } = scripted(without([hole]));
    const first = await read(line);
    expect(first.faults).toEqual([]);
    expect(first.values.every(({ mantissa }) => mantissa !== null)).toBe(true);
    expect(first.learnedCuts).toContain(0x3c);
    requests.length = 0;
    const second = await readMeter({ line, definition, unit: 17, cuts: first.learnedCuts });
    expect(second.faults).toEqual([]);
    expect(requests.every(({ address, count }) => address > hole || address + count <= hole)) //
      .toBe(true);
  });

  test('for one register that it lacks gives all the others, then in few requests', async () => {
    const absent = definition.registers.find(({ address }) => address === 0x08);
    const { line, requests } = scripted(without([0x08, 0x09]));
    const first = await read(line);
    const lost = first.values.flatMap(({ mantissa }, i) =>
      mantissa === null ? [definition.registers[i]] : [],
    );
    expect(lost).toEqual([absent]);
    expect(first.faults.map(({ kind }) => kind)).toEqual(['exception']);
    requests.length = 0;
    await readMeter({ line, definition, unit: 17, cuts: first.learnedCuts });
    expect(requests.length).toBeLessThanOrEqual(reads.length + 6);
  });

  test('for its length is asked for less', async () => {
    const { line } = scripted((request) => (request.count > 10 ? refusal(3) : zeros(request)));
    const first = await read(line);
    expect(first.faults).toEqual([]);
    const second = scripted((request) => zeros(request));
    await readMeter({ line: second.line, definition, unit: 17, cuts: first.learnedCuts });
    expect(Math.max(...second.requests.map(({ count }) => count))).toBeLessThanOrEqual(10);
  });

  test('for everything teaches nothing, and is not asked for ever', async () => {
    const { line, requests } = scripted(() => refusal(2));
    const { learnedCuts } = await read(line);
    expect(learnedCuts.size).toBe(0);
    expect(requests.length).toBeLessThanOrEqual(2 * limits.readSplitsMax + reads.length);
  });
});

test.each([1, 4, 6])('exception %i is the reason of its values', async (code) => {
  const { line, requests } = scripted(() => refusal(code));
  const { values } = await read(line);
  expect(new Set(values.map((value) => value.quality))).toEqual(new Set([quality.deviceException]));
  expect(requests.length).toBe(reads.length);
});
