// SPDX-License-Identifier: Apache-2.0
// Decimals by example, and against twins that do long-hand arithmetic on digit strings.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvariantError } from '../../../base/assert.ts';
import {
  divideHalfEven,
  formatDecimal,
  mantissaOfFloat32,
  parseDecimal,
  rescale,
  safeInteger,
} from '../../../base/decimal.ts';

const seed = 754;

function float32(bits: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, bits);
  return view.getFloat32(0);
}

/** Rounds a decimal number written out in digits, half to even, to a multiple of 10^exponent. */
function roundDigits(text: string, exponent: number): bigint {
  const negative = text.startsWith('-');
  const [whole = '', fraction = ''] = text.replace('-', '').split('.');
  const digits = '0'.repeat(40) + whole + fraction.padEnd(140, '0');
  const cut = 40 + whole.length - exponent;
  const kept = BigInt(digits.slice(0, cut));
  const rest = digits.slice(cut);
  const half = `5${'0'.repeat(rest.length - 1)}`;
  const up = rest > half || (rest === half && kept % 2n === 1n);
  const magnitude = up ? kept + 1n : kept;
  return negative ? -magnitude : magnitude;
}

describe('exact decimal strings', () => {
  test.each([
    [12345, -2, '123.45'],
    [12300, -2, '123.00'],
    [-5, -3, '-0.005'],
    [0, -1, '0.0'],
    [0, 3, '0'],
    [13024, 3, '13024000'],
    [-7, 0, '-7'],
    [2n ** 64n, -1, '1844674407370955161.6'],
  ])('%d × 10^%d is %s', (mantissa, exponent, text) => {
    expect(formatDecimal({ mantissa, exponent })).toBe(text);
  });

  test('what is written is read back, digit for digit', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.integer({ min: -24, max: 0 }), (mantissa, exponent) => {
        fc.pre(mantissa.toString().length < 50);
        expect(parseDecimal(formatDecimal({ mantissa, exponent }))).toEqual({ mantissa, exponent });
      }),
      { seed },
    );
  });

  test('leading zeros of a meter’s display are read', () => {
    expect(parseDecimal('000123.40')).toEqual({ mantissa: 12340n, exponent: -2 });
  });

  test.each(['', ' 1', '+1', '1e3', '1.', '.5', '1,5', '--1', 'NaN', '0x1', '١', '1'.repeat(65)])(
    'refuses %j',
    (text) => expect(parseDecimal(text)).toBeUndefined(),
  );

  test('an exponent beyond the limit is a fault of ours', () => {
    expect(() => formatDecimal({ mantissa: 1, exponent: 25 })).toThrow(InvariantError);
    expect(() => formatDecimal({ mantissa: 1, exponent: 0.5 })).toThrow(InvariantError);
  });
});

describe('rounding half to even', () => {
  test.each([
    [5n, 10n, 0n],
    [15n, 10n, 2n],
    [25n, 10n, 2n],
    [-5n, 10n, 0n],
    [-15n, 10n, -2n],
    [26n, 10n, 3n],
    [-26n, 10n, -3n],
    [1n, 3n, 0n],
  ])('%d ÷ %d is %d', (numerator, denominator, quotient) => {
    expect(divideHalfEven(numerator, denominator)).toBe(quotient);
  });

  test('rescale agrees with the digits', () => {
    fc.assert(
      fc.property(
        fc.maxSafeInteger(),
        fc.integer({ min: -9, max: 9 }),
        fc.integer({ min: -9, max: 9 }),
        (mantissa, from, to) => {
          const text = formatDecimal({ mantissa, exponent: from });
          expect(rescale(mantissa, { from, to })).toBe(roundDigits(text, to));
        },
      ),
      { seed },
    );
  });
});

describe('mantissas of IEEE 754 binary32 values', () => {
  test.each([
    [0x43661999, -1, 0, 2301, '230.09999… V at 0.1 V'],
    [0x43661999, -2, 0, 23010, '230.09999… V at 0.01 V'],
    [0x3f000000, 0, 0, 0, 'a half, to even'],
    [0x3fc00000, 0, 0, 2, 'one and a half, to even'],
    [0xc0200000, 0, 0, -2, 'minus two and a half, to even'],
    [0x80000000, -3, 0, 0, 'minus zero is zero'],
    [0x00000001, -3, 0, 0, 'the smallest of all'],
    [0x3dcccccd, 0, 3, 100, '0.1 kWh in Wh'],
    [0x4b800000, 0, 0, 16777216, '2^24'],
    [0x447a0000, 3, 0, 1, 'a thousand at 10^3'],
  ])('%i at 10^%i, scaled by 10^%i, is %i (%s)', (bits, exponent, scalePowerOfTen, mantissa) => {
    const got = mantissaOfFloat32(float32(bits), { exponent, scalePowerOfTen });
    expect(got).toBe(mantissa);
  });

  test.each([
    [0x7fc00000, 'NaN'],
    [0x7f800000, 'infinity'],
    [0xff800000, 'minus infinity'],
    [0x7f7fffff, 'more than 53 bits'],
  ])('%i has none (%s)', (bits) => {
    const got = mantissaOfFloat32(float32(bits), { exponent: 0, scalePowerOfTen: 0 });
    expect(got).toBeUndefined();
  });

  test('agree with the value written out in all its digits', () => {
    fc.assert(
      fc.property(
        fc.float({ min: -1e9, max: 1e9, noNaN: true }),
        fc.integer({ min: -6, max: 2 }),
        fc.integer({ min: 0, max: 3 }),
        (value, exponent, scalePowerOfTen) => {
          fc.pre(value === 0 || Math.abs(value) > 1e-6);
          const expected = roundDigits(value.toFixed(100), exponent - scalePowerOfTen);
          const got = mantissaOfFloat32(value, { exponent, scalePowerOfTen });
          expect(got).toBe(safeInteger(expected));
        },
      ),
      { seed, numRuns: 500 },
    );
  });
});
