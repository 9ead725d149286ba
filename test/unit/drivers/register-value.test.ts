// SPDX-License-Identifier: Apache-2.0
// From raw registers to exact values (IEEE 754 binary32, two's complement), and never a value that
// was not sent.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quality } from '../../../base/quality.ts';
import { type Measurand, measurands } from '../../../drivers/measurand.ts';
import { type RawType, register, type WordOrder } from '../../../drivers/meter-definition.ts';
import { decodeRegister, encodeRegister } from '../../../drivers/register-value.ts';

type Shape = {
  readonly rawType?: RawType;
  readonly scalePowerOfTen?: number;
  readonly wordOrder?: WordOrder;
  readonly bounds?: { min?: number; max?: number };
};

const shaped = (measurand: Measurand, shape: Shape = {}) =>
  register(measurand, { address: 0, sources: ['test'], ...shape });
const { voltageL1, activePower, importEnergy } = measurands;
const float = (value: number) => {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return [view.getUint16(0), view.getUint16(2)];
};

describe('float32', () => {
  test.each([
    [230, 23_000],
    [230.1, 23_010],
    [230.125, 23_012],
    [230.375, 23_038],
    [-0, 0],
    [1e-40, 0],
  ])('%d V is %i × 10^-2 V, half to even', (volts, mantissa) => {
    const value = decodeRegister(shaped(voltageL1), float(volts));
    expect(value).toEqual({ mantissa, quality: quality.good });
  });

  test('a register in kW gives watts', () => {
    const value = decodeRegister(shaped(activePower, { scalePowerOfTen: 3 }), float(1.5));
    expect(value.mantissa).toBe(15_000);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    '%d is null: not a number',
    (value) => {
      expect(decodeRegister(shaped(voltageL1), float(value))).toEqual({
        mantissa: null,
        quality: quality.notANumber,
      });
    },
  );

  test('what no safe integer holds is null: not representable', () => {
    expect(decodeRegister(shaped(voltageL1), float(3e38))).toEqual({
      mantissa: null,
      quality: quality.notRepresentable,
    });
  });
});

describe('integers', () => {
  test.each<[RawType, readonly number[], number]>([
    ['uint16', [0xffff], 65_535],
    ['int16', [0xffff], -1],
    ['uint32', [0xffff, 0xfffe], 4_294_967_294],
    ['int32', [0xffff, 0xfffe], -2],
  ])('%s %j is %i', (rawType, words, wattHours) => {
    const value = decodeRegister(shaped(importEnergy, { rawType }), words);
    expect(value.mantissa).toBe(wattHours);
  });

  test('a tick of 0.1 kWh is 100 Wh', () => {
    const ticks = shaped(
      { ...importEnergy, exponent: 2 },
      { rawType: 'uint32', scalePowerOfTen: 2 },
    );
    expect(decodeRegister(ticks, [0, 12_345])).toEqual({ mantissa: 12_345, quality: quality.good });
  });
});

test('low word first', () => {
  const swapped = shaped(voltageL1, { wordOrder: 'low-word-first' });
  expect(decodeRegister(swapped, float(230).toReversed()).mantissa).toBe(23_000);
});

test('out of the plausible range is kept, and marked', () => {
  const bounded = shaped(voltageL1, { bounds: { min: 0, max: 276 } });
  expect(decodeRegister(bounded, float(276))).toEqual({ mantissa: 27_600, quality: quality.good });
  expect(decodeRegister(bounded, float(300))).toEqual({
    mantissa: 30_000,
    quality: quality.outOfRange,
  });
  expect(decodeRegister(bounded, float(-1)).quality).toBe(quality.outOfRange);
});

const anyShape = fc.record({
  rawType: fc.constantFrom<RawType>(
    'float64',
    'float32',
    'uint64',
    'int64',
    'uint32',
    'int32',
    'uint16',
    'int16',
  ),
  wordOrder: fc.constantFrom<WordOrder>('high-word-first', 'low-word-first'),
  scalePowerOfTen: fc.integer({ min: -3, max: 3 }),
});
const words = fc.array(fc.nat(0xffff), { minLength: 4, maxLength: 4 });

test('the highest value of a type is none, where the meter says so', () => {
  const highest = (rawType: RawType) =>
    register(voltageL1, { address: 0, rawType, unavailable: 'highest', sources: ['test'] });
  const none = { mantissa: null, quality: quality.notImplemented };
  expect(decodeRegister(highest('uint32'), [0xffff, 0xffff])).toEqual(none);
  expect(decodeRegister(highest('int16'), [0x7fff])).toEqual(none);
  expect(decodeRegister(highest('uint64'), [0xffff, 0xffff, 0xffff, 0xffff])).toEqual(none);
  expect(decodeRegister(highest('int16'), [0x7ffe]).mantissa).toBe(3_276_600);
});

test('arbitrary registers give a safe integer or a null with a reason', () => {
  fc.assert(
    fc.property(anyShape, words, (shape, raw) => {
      const place = shaped(voltageL1, shape);
      const { mantissa, quality: code } = decodeRegister(place, raw.slice(0, place.count));
      expect(mantissa === null).toBe(code >= quality.timeOut);
      if (mantissa !== null) expect(Number.isSafeInteger(mantissa)).toBe(true);
      expect(Object.is(mantissa, -0)).toBe(false);
    }),
    { seed: 20_260, numRuns: 2_000 },
  );
});

test('what a simulated meter shows is what is read', () => {
  fc.assert(
    fc.property(anyShape, fc.integer({ min: 0, max: 30 }), (shape, whole) => {
      const place = shaped(voltageL1, { ...shape, scalePowerOfTen: 0 });
      expect(decodeRegister(place, encodeRegister(place, whole)).mantissa).toBe(100 * whole);
    }),
    { seed: 20_260 },
  );
});
