// SPDX-License-Identifier: Apache-2.0
// Raw registers to exact values and back. What cannot be a value becomes null with a reason, never
// 0: the bytes come from a wire and may be anything.

import { assert } from '../base/assert.ts';
import { mantissaOfFloat32, rescale, safeInteger } from '../base/decimal.ts';
import { quality } from '../base/quality.ts';
import type { ReadValue } from './device.ts';
import type { MeterRegister, RawType } from './meter-definition.ts';

/** `words`: as many 16-bit registers as the type takes, in the order of their addresses. */
export function decodeRegister(register: MeterRegister, words: readonly number[]): ReadValue {
  const view = viewOf(register, words);
  if (register.rawType === 'float32' || register.rawType === 'float64') {
    const value = register.rawType === 'float32' ? view.getFloat32(0) : view.getFloat64(0);
    if (!Number.isFinite(value)) return { mantissa: null, quality: quality.notANumber };
    return judged(register, mantissaOfFloat32(value, register));
  }
  const raw = integerOf(register.rawType, view);
  if (register.unavailable !== null && BigInt(raw) === highest[register.rawType]) {
    return { mantissa: null, quality: quality.notImplemented };
  }
  const exponents = { from: register.scalePowerOfTen, to: register.exponent };
  return judged(register, safeInteger(rescale(raw, exponents)));
}

/** The registers that a meter would show for a value in `unit`: the inverse of `decodeRegister`,
 * but for the rounding of the raw type. For simulated meters. */
export function encodeRegister(register: MeterRegister, value: number): readonly number[] {
  const raw = value / 10 ** register.scalePowerOfTen;
  const view = new DataView(new ArrayBuffer(2 * register.count));
  switch (register.rawType) {
    case 'float64':
      view.setFloat64(0, raw);
      break;
    case 'float32':
      view.setFloat32(0, raw);
      break;
    case 'uint64':
      view.setBigUint64(0, BigInt(Math.round(raw)));
      break;
    case 'int64':
      view.setBigInt64(0, BigInt(Math.round(raw)));
      break;
    case 'uint32':
      view.setUint32(0, Math.round(raw));
      break;
    case 'int32':
      view.setInt32(0, Math.round(raw));
      break;
    case 'uint16':
      view.setUint16(0, Math.round(raw));
      break;
    case 'int16':
      view.setInt16(0, Math.round(raw));
      break;
  }
  const words = Array.from({ length: view.byteLength / 2 }, (_, i) => view.getUint16(2 * i));
  return register.wordOrder === 'low-word-first' ? words.toReversed() : words;
}

type IntegerType = Exclude<RawType, `float${number}`>;

const highest: Readonly<Record<IntegerType, bigint>> = {
  uint64: 2n ** 64n - 1n,
  int64: 2n ** 63n - 1n,
  uint32: 2n ** 32n - 1n,
  int32: 2n ** 31n - 1n,
  uint16: 2n ** 16n - 1n,
  int16: 2n ** 15n - 1n,
};

function viewOf(register: MeterRegister, words: readonly number[]): DataView {
  const { count, rawType, wordOrder } = register;
  assert(words.length === count, `${rawType} out of ${words.length} registers`);
  const view = new DataView(new ArrayBuffer(2 * words.length));
  const highFirst = wordOrder === 'low-word-first' ? words.toReversed() : words;
  for (const [i, word] of highFirst.entries()) view.setUint16(2 * i, word);
  return view;
}

function integerOf(rawType: IntegerType, view: DataView): number | bigint {
  switch (rawType) {
    case 'uint64':
      return view.getBigUint64(0);
    case 'int64':
      return view.getBigInt64(0);
    case 'uint32':
      return view.getUint32(0);
    case 'int32':
      return view.getInt32(0);
    case 'uint16':
      return view.getUint16(0);
    case 'int16':
      return view.getInt16(0);
  }
}

function judged({ min, max }: MeterRegister, mantissa: number | undefined): ReadValue {
  if (mantissa === undefined) return { mantissa: null, quality: quality.notRepresentable };
  const plausible = (min === null || mantissa >= min) && (max === null || mantissa <= max);
  // -0 is no integer of its own in a signed record.
  return { mantissa: mantissa + 0, quality: plausible ? quality.good : quality.outOfRange };
}
