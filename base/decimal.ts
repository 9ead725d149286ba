// SPDX-License-Identifier: Apache-2.0
// Exact decimals: a value is mantissa × 10^exponent, both integers. No result here depends on
// binary floating point: a float that a meter sends is taken apart into its bits and rounded
// once, half to even.

import { assert } from './assert.ts';
import { limits } from './limits.ts';

export type Decimal = { readonly mantissa: bigint; readonly exponent: number };

/** All digits the exponent stands for: 12300 × 10^-2 is `123.00`, 5 × 10^3 is `5000`. */
export function formatDecimal(value: {
  readonly mantissa: number | bigint;
  readonly exponent: number;
}): string {
  assertExponent(value.exponent);
  const mantissa = BigInt(value.mantissa);
  const sign = mantissa < 0n ? '-' : '';
  const digits = (mantissa < 0n ? -mantissa : mantissa).toString();
  if (value.exponent >= 0) {
    return mantissa === 0n ? '0' : sign + digits + '0'.repeat(value.exponent);
  }
  const padded = digits.padStart(1 - value.exponent, '0');
  return `${sign}${padded.slice(0, value.exponent)}.${padded.slice(value.exponent)}`;
}

/** Reads what `formatDecimal` writes, also with leading zeros as meters print them. undefined for
 * anything else: no white space, no `+`, no `1e3`, no more than 64 characters. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null || text.length > limits.decimalCharactersMax) return undefined;
  const [, sign = '', whole = '', fraction = ''] = match;
  if (fraction.length > limits.decimalExponentMax) return undefined;
  return { mantissa: BigInt(`${sign}${whole}${fraction}`), exponent: 0 - fraction.length };
}

/** The mantissa of the same value at another exponent; where digits are lost, rounded half to
 * even. */
export function rescale(
  mantissa: number | bigint,
  exponents: { readonly from: number; readonly to: number },
): bigint {
  const shift = exponents.from - exponents.to;
  return shift >= 0
    ? BigInt(mantissa) * powerOfTen(shift)
    : divideHalfEven(BigInt(mantissa), powerOfTen(-shift));
}

/** numerator ÷ denominator, rounded half to even. The denominator is positive. */
export function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  assert(denominator > 0n, 'a denominator is positive');
  const towardsZero = numerator / denominator;
  const remainder = numerator - towardsZero * denominator;
  const twice = 2n * (remainder < 0n ? -remainder : remainder);
  if (twice < denominator || (twice === denominator && towardsZero % 2n === 0n)) return towardsZero;
  return towardsZero + (numerator < 0n ? -1n : 1n);
}

/** As a number, where it can be one without loss. */
export function safeInteger(value: bigint): number | undefined {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** The mantissa at `exponent` of `value` × 10^`scalePowerOfTen` (3 where the meter says kWh and
 * we say Wh). `value` is a float32 (or float64) as read from the wire. undefined where it is not
 * finite, or where the mantissa is no safe integer. */
export function mantissaOfFloat32(
  value: number,
  scale: { readonly exponent: number; readonly scalePowerOfTen: number },
): number | undefined {
  if (!Number.isFinite(value)) return undefined;
  const { significand, binaryExponent } = partsOf(value);
  const decimalShift = scale.scalePowerOfTen - scale.exponent;
  let numerator = significand;
  let denominator = 1n;
  if (binaryExponent >= 0) numerator <<= BigInt(binaryExponent);
  else denominator <<= BigInt(-binaryExponent);
  if (decimalShift >= 0) numerator *= powerOfTen(decimalShift);
  else denominator *= powerOfTen(-decimalShift);
  return safeInteger(divideHalfEven(numerator, denominator));
}

/** value = significand × 2^binaryExponent, exactly (IEEE 754 binary64, which holds every
 * binary32). */
function partsOf(value: number): { significand: bigint; binaryExponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xf_ffff_ffff_ffffn;
  const magnitude = biased === 0 ? fraction : fraction | (1n << 52n);
  const binaryExponent = Math.max(biased, 1) - 1075;
  return { significand: bits >> 63n === 1n ? -magnitude : magnitude, binaryExponent };
}

const powersOfTen = Array.from({ length: 64 }, (_, power) => 10n ** BigInt(power));

function powerOfTen(power: number): bigint {
  const value = powersOfTen[power];
  assert(value !== undefined, `a power of ten is an integer from 0 to 63, not ${power}`);
  return value;
}

function assertExponent(exponent: number): void {
  assert(
    Number.isInteger(exponent) && Math.abs(exponent) <= limits.decimalExponentMax,
    `a decimal exponent is an integer within ±${limits.decimalExponentMax}, not ${exponent}`,
  );
}
