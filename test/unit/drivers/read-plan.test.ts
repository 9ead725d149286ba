// SPDX-License-Identifier: Apache-2.0
// Read plans: complete, within the device's limit, few, and told apart by their lengths.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { measurands } from '../../../drivers/measurand.ts';
import { type MeterRegister, register } from '../../../drivers/meter-definition.ts';
import { type PlannedRead, planReads, splitRead } from '../../../drivers/read-plan.ts';

const at = (address: number, rawType: 'float32' | 'uint16' = 'float32') =>
  register(measurands.voltageL1, { address, rawType, sources: ['test'] });
const plan = (registers: readonly MeterRegister[], registersPerReadMax = 125) =>
  planReads({ functionCode: 3, registers, registersPerReadMax });
const spans = (registers: readonly MeterRegister[], max?: number) =>
  plan(registers, max).map(({ address, count }) => `${address}+${count}`);

test('adjacent values become one read, in whatever order they are listed', () => {
  expect(spans([at(4), at(0), at(2)])).toEqual(['0+6']);
});

const parts = (registers: readonly MeterRegister[]) =>
  splitRead(plan(registers)[0] as PlannedRead<MeterRegister>).map(
    ({ address, count }) => `${address}+${count}`,
  );

test('a small hole is read along; refused, it is left out', () => {
  expect(spans([at(0), at(10), at(12)])).toEqual(['0+14']);
  expect(parts([at(0), at(10), at(12)])).toEqual(['0+2', '10+4']);
});

test('a read without holes that is refused is halved, a single value is not', () => {
  expect(parts([at(0), at(2), at(4)])).toEqual(['0+4', '4+2']);
  expect(parts([at(7)])).toEqual([]);
});

test('a read begins at each cut', () => {
  const reads = planReads(
    { functionCode: 3, registers: [at(0), at(2), at(4), at(6)], registersPerReadMax: 125 },
    new Set([2, 6]),
  );
  expect(reads.map(({ address }) => address).toSorted()).toEqual([0, 2, 6]);
});

test('a large hole is not', () => {
  expect(spans([at(0), at(2), at(40)])).toEqual(['0+4', '40+2']);
});

test('a value is never split at the limit of the device', () => {
  expect(spans([at(0), at(2), at(4)], 5)).toEqual(['0+4', '4+2']);
});

test('reads of one length are kept apart', () => {
  const registers = [0, 100, 102, 200, 300, 302].map((address) => at(address));
  const counts = plan(registers).map(({ count }) => count);
  expect(counts).toEqual([4, 2, 4, 2]);
});

test('any set of registers is read completely, once, within the limit', () => {
  const someRegisters = fc
    .uniqueArray(fc.nat(400), { maxLength: 40 })
    .map((places) => places.map((place) => at(3 * place, place % 2 ? 'uint16' : 'float32')));
  const limit = fc.integer({ min: 2, max: 125 });
  fc.assert(
    fc.property(someRegisters, limit, (registers, max) => {
      const reads = plan(registers, max);
      expect(reads.flatMap((read) => read.registers).length).toBe(registers.length);
      for (const read of reads) {
        expect(read.count).toBeLessThanOrEqual(max);
        for (const { address, count } of read.registers) {
          const end = address + count;
          const within = (span: { address: number; count: number }) =>
            address >= span.address && end <= span.address + span.count;
          expect(within(read)).toBe(true);
          const split = splitRead(read);
          if (split.length > 0) expect(split.filter(within).length).toBe(1);
        }
      }
    }),
    { seed: 20_260, numRuns: 500 },
  );
});
