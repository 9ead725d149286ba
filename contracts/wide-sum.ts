// SPDX-License-Identifier: Apache-2.0
// Sums of many 53-bit integers, exact, in two CBOR integers: sum = high × 2^32 + low. A single
// one would overflow 64 bits, and a bigint addition for each value costs more than these two.

export type WideSum = readonly [high: number, low: number];

const base = 2 ** 32;

export const zeroSum: WideSum = Object.freeze([0, 0]);

/** `value` is a safe integer, `low` stays below 2^32. */
export function addTo([high, low]: WideSum, value: number): WideSum {
  const valueHigh = Math.floor(value / base);
  const lowSum = low + (value - valueHigh * base);
  return lowSum < base ? [high + valueHigh, lowSum] : [high + valueHigh + 1, lowSum - base];
}

export function toBigint([high, low]: WideSum): bigint {
  return (BigInt(high) << 32n) + BigInt(low);
}
