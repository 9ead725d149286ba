// SPDX-License-Identifier: Apache-2.0
// Decimal digits of DL/T 645-2007 as exact values, and back.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../../../base/bytes.ts';
import { formatDecimal } from '../../../../base/decimal.ts';
import {
  type DataItem,
  decodeItem,
  encodeItem,
  packValue,
  singlePhaseBlocks,
  threePhaseBlocks,
} from '../../../../drivers/dlt645/data-items.ts';

const items = [...singlePhaseBlocks, ...threePhaseBlocks].flatMap((block) => block.items);
const item = (identifier: string) => items.find((one) => one.identifier === identifier) as DataItem;

/** Digits as printed, high first. */
function read(identifier: string, digits: string): string {
  const reading = decodeItem(item(identifier), (fromHex(digits) as Uint8Array).toReversed());
  if (reading.kind !== 'value') return reading.kind;
  const { exponent, unit } = item(identifier).measurand;
  return `${formatDecimal({ mantissa: reading.mantissa, exponent })} ${unit}`;
}

describe('digits become values', () => {
  test.each([
    ['00010000', '00000026', '260 Wh'],
    ['00010000', '00123456', '1234560 Wh'],
    ['02010100', '1001', '100.1 V'],
    ['02030000', '002512', '251.2 W'],
    ['02030000', '802512', '-251.2 W'],
    ['02020100', '012345', '12.345 A'],
    ['02020100', '812345', '-12.345 A'],
    ['02060000', '0998', '0.998 /'],
    ['02060000', '8998', '-0.998 /'],
    ['02800002', '5003', '50.03 Hz'],
    ['02030000', '800000', '0.0 W'],
    ['02010100', 'ffff', 'absent'],
    ['02010100', '10a1', 'malformed'],
    ['02010100', '8a01', 'malformed'],
    ['02010100', '100100', 'malformed'],
  ])('%s %s is %s', (identifier, digits, shown) => {
    expect(read(identifier, digits)).toBe(shown);
  });
});

test('what is written is read', () => {
  const any = fc.constantFrom(...items).chain((one) => {
    const max = (one.signed ? 0.8 : 1) * 100 ** one.length - 1;
    return fc.tuple(fc.constant(one), fc.integer({ min: one.signed ? -max : 0, max }));
  });
  fc.assert(
    fc.property(any, ([one, mantissa]) => {
      const encoded = encodeItem(one, mantissa);
      expect(encoded).toHaveLength(one.length);
      expect(toHex(encoded)).not.toBe('ff'.repeat(one.length));
      expect(decodeItem(one, encoded)).toEqual({ kind: 'value', mantissa: mantissa || 0 });
    }),
    { seed: 20_260, numRuns: 2_000 },
  );
});

test.each([singlePhaseBlocks, threePhaseBlocks])('no quantity stands twice', (...blocks) => {
  const codes = blocks.flatMap((block) => block.items.map((one) => packValue(one).obis));
  expect(new Set(codes).size).toBe(codes.length);
});
