// SPDX-License-Identifier: Apache-2.0
// Values of points, and what is none.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { layoutOf } from '../../../../drivers/sunspec/layout.ts';
import type { PointType } from '../../../../drivers/sunspec/model-definition.ts';
import { findModel, modelIds } from '../../../../drivers/sunspec/models.ts';
import { pointValue, scaleFactor } from '../../../../drivers/sunspec/point-value.ts';
import { readVectors } from '../../../vectors/read-vectors.ts';

const { facts } = readVectors<{ readonly facts: { notImplemented: Record<string, string> } }>(
  'sunspec.json',
);

test.each(Object.entries(facts.notImplemented))('%s %s is not implemented', (type, text) => {
  const count = (text.length - 2) / 4;
  const raw = type === 'string' ? 0n : BigInt(text);
  const words = Array.from({ length: type === 'string' ? 8 : count }, (_, i) =>
    Number((raw >> BigInt(16 * (count - 1 - i))) & 0xffffn),
  );
  expect(pointValue(type as PointType, type === 'string' ? words.map(() => 0) : words)).toEqual({
    kind: 'absent',
  });
});

test.each<[PointType, number[], bigint]>([
  ['int16', [0xffff], -1n],
  ['uint16', [0x8000], 0x8000n],
  ['int32', [0xffff, 0xfffe], -2n],
  ['uint32', [0x8000, 0], 0x8000_0000n],
  ['acc32', [0xffff, 0xffff], 0xffff_ffffn],
  ['uint64', [0, 1, 0, 0], 0x1_0000_0000n],
])('%s %j', (type, words, value) => {
  expect(pointValue(type, words)).toEqual({ kind: 'integer', value });
});

test('floats that are no number, infinities and a bit field without meaning are absent', () => {
  for (const words of [
    [0x7fc0, 0],
    [0x7f80, 0],
    [0xff80, 0],
  ]) {
    expect(pointValue('float32', words)).toEqual({ kind: 'absent' });
  }
  expect(pointValue('bitfield32', [0x8000, 0x0001])).toEqual({ kind: 'absent' });
});

test('texts end with their first NUL; blanks around them do not count', () => {
  const text = (bytes: string) =>
    pointValue(
      'string',
      Array.from(
        { length: 4 },
        (_, i) => (bytes.charCodeAt(2 * i) << 8) | bytes.charCodeAt(2 * i + 1),
      ),
    );
  expect(text('abc\0xyz\0')).toEqual({ kind: 'text', text: 'abc' });
  expect(text('abc     ')).toEqual({ kind: 'text', text: 'abc' });
  expect(text('        ')).toEqual({ kind: 'absent' });
});

test('a scale factor is from -10 to 10', () => {
  expect([0, 0xfffe, 10, 0xfff6].map(scaleFactor)).toEqual([0, -2, 10, -10]);
  expect([0x8000, 11, 0xfff5, 0x7fff].map(scaleFactor)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test('any length and any counts: points within the model, each register in at most one', () => {
  const settings = fc.record({
    id: fc.constantFrom(...modelIds()),
    length: fc.nat(0xffff),
    count: fc.nat(0xffff),
  });
  fc.assert(
    fc.property(settings, ({ id, length, count }) => {
      const model = findModel(id);
      if (model === undefined) throw new Error('known');
      let end = 2;
      for (const point of layoutOf(model, { length, countOf: () => count })) {
        expect(point.offset).toBeGreaterThanOrEqual(end);
        end = point.offset + point.count;
        expect(end).toBeLessThanOrEqual(2 + length);
        expect(point.scaleFactorOffset ?? 0).toBeLessThan(2 + length);
      }
    }),
    { seed: 20_260, numRuns: 60 },
  );
});
