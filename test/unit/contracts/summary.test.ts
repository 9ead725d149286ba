// SPDX-License-Identifier: Apache-2.0
// The summary record: its bytes, its decimal strings, and all that is refused.

import { describe, expect, test } from 'vitest';
import { InvariantError } from '../../../base/assert.ts';
import { type CborValue, decode, encode } from '../../../base/cbor.ts';
import {
  decodeSummary,
  encodeSummary,
  type Summary,
  summaryDecimals,
} from '../../../contracts/summary.ts';

const start = 1_763_683_200_000;

const summary: Summary = {
  kind: 'summary',
  device: 'urn:dev:ops:eastron-sdm630-1',
  obis: '1-0:1.8.0*255',
  unit: 'Wh',
  exponent: -1,
  windowStartMs: start,
  windowMs: 900_000,
  revision: 1,
  count: 898,
  expectedCount: 900,
  missing: [[start + 5_000, start + 7_000]],
  first: 123_450,
  last: 123_999,
  min: 123_450,
  max: 123_999,
  mean: 123_725_333,
  meanExponent: -4,
  delta: 550,
  quality: 'estimated',
  reason: 'time-out',
  screened: [1, 2, 3, 4],
  events: [['rollover', start + 1_000]],
  definition: 'eastron-sdm630',
};

const wire: readonly (readonly [number, CborValue])[] = [
  [1, 'summary'],
  [2, 'urn:dev:ops:eastron-sdm630-1'],
  [3, '1-0:1.8.0*255'],
  [4, 'Wh'],
  [5, -1],
  [6, start],
  [7, 900_000],
  [8, 1],
  [9, 898],
  [10, 900],
  [11, [[start + 5_000, start + 7_000]]],
  [12, 123_450],
  [13, 123_999],
  [14, 123_450],
  [15, 123_999],
  [16, 123_725_333],
  [17, -4],
  [18, 550],
  [19, 1],
  [20, 'time-out'],
  [21, [1, 2, 3, 4]],
  [22, [['rollover', start + 1_000]]],
  [23, 'eastron-sdm630'],
];

const changed = (...pairs: readonly (readonly [number, CborValue])[]) =>
  encode(new Map([...wire, ...pairs]));

describe('summary record', () => {
  test('has this layout, and is read back', () => {
    expect(decode(encodeSummary(summary))).toEqual({ ok: true, value: new Map(wire) });
    expect(decodeSummary(encodeSummary(summary))).toEqual({ ok: true, value: summary });
  });

  test('the order in which properties were set changes nothing', () => {
    const reversed = Object.fromEntries(Object.entries(summary).reverse()) as Summary;
    expect(encodeSummary(reversed)).toEqual(encodeSummary(summary));
  });

  test('values as exact decimals', () => {
    expect(summaryDecimals(summary)).toEqual({
      first: '12345.0',
      last: '12399.9',
      min: '12345.0',
      max: '12399.9',
      mean: '12372.5333',
      delta: '55.0',
    });
    const empty = { ...summary, first: null, last: null, min: null, max: null, mean: null };
    expect(Object.values(summaryDecimals({ ...empty, delta: null }))).toEqual(Array(6).fill(null));
  });

  test.each<[string, readonly (readonly [number, CborValue])[]]>([
    ['a field nobody agreed on', [[24, 1]]],
    ['another kind', [[1, 'refused']]],
    ['an unknown quality', [[19, 4]]],
    ['a window off the clock', [[6, start + 1]]],
    ['a window of more than a day', [[7, 86_400_001]]],
    ['a negative count', [[9, -1]]],
    ['statistics of nothing', [[9, 0]]],
    ['readings without a mean', [[16, null]]],
    ['a doubt without a reason', [[20, '']]],
    ['a reason without a doubt', [[19, 0]]],
    ['missing stretches out of the window', [[11, [[start + 899_000, start + 900_001]]]]],
    ['missing stretches before the window', [[11, [[start - 1, start + 5]]]]],
    [
      'missing stretches out of order',
      [
        [
          11,
          [
            [start + 9, start + 10],
            [start, start + 5],
          ],
        ],
      ],
    ],
    ['an empty missing stretch', [[11, [[start, start]]]]],
    ['an unknown event', [[22, [['theft', start]]]]],
    ['five counts of screened values', [[21, [0, 0, 0, 0, 0]]]],
    ['a mantissa of more than 53 bits', [[12, 2n ** 60n]]],
  ])('refuses %s', (_, pairs) => {
    expect(decodeSummary(changed(...pairs))).toMatchObject({ ok: false, code: 'form' });
  });

  test('refuses a missing field, other outputs, and bytes after the end', () => {
    for (const [key] of wire) {
      const lacking = encode(new Map(wire.filter(([other]) => other !== key)));
      expect(decodeSummary(lacking)).toMatchObject({ ok: false, code: 'form' });
    }
    expect(decodeSummary(encode(1))).toMatchObject({ ok: false });
    expect(decodeSummary(Uint8Array.of(...changed(), 0))).toMatchObject({ ok: false });
  });

  test('what would be refused is not written', () => {
    expect(() => encodeSummary({ ...summary, reason: '' })).toThrow(InvariantError);
  });
});
