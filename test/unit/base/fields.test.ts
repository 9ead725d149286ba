// SPDX-License-Identifier: Apache-2.0
// Fields and records: what they read, what they refuse and where they say it is, and that they
// write what they read.

import fc from 'fast-check';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { InvariantError } from '../../../base/assert.ts';
import { type CborValue, encode, map } from '../../../base/cbor.ts';
import { accept } from '../../../base/errors.ts';
import {
  bytes,
  bytesUpTo,
  type Content,
  choice,
  code,
  decodeWith,
  encodeWith,
  type Field,
  int,
  listOf,
  malformed,
  mapped,
  nullable,
  refined,
  text,
  tuple,
  uint,
} from '../../../base/fields.ts';
import { byKind, openMap, record, row } from '../../../base/records.ts';
import { cborValue } from './cbor-values.ts';

const seed = 1979;

const meterField = record({
  name: [1, text(8)],
  key: [2, bytes(4)],
  limits: [3, tuple(int(-5, 5), nullable(uint(9)))],
  tags: [4, listOf(choice('a', 'b'), 2)],
  clock: [5, row({ state: code('set', 'unset'), errorMs: nullable(uint()) })],
  note: [6, text(20), 'optional'],
});
type Meter = Content<typeof meterField>;

const meter: Meter = {
  name: 'main',
  key: Uint8Array.of(1, 2, 3, 4),
  limits: [-5, null],
  tags: ['b', 'a'],
  clock: { state: 'unset', errorMs: 40 },
};
const pairs: readonly (readonly [number, CborValue])[] = [
  [1, 'main'],
  [2, Uint8Array.of(1, 2, 3, 4)],
  [3, [-5, null]],
  [4, ['b', 'a']],
  [5, [1, 40]],
];

type Reader = Pick<Field<unknown>, 'read'>;
const detailOf = (field: Reader, value: CborValue) => {
  const read = field.read(value, 'it');
  return read.ok ? undefined : read.detail;
};
const withPair = (key: number | string, value: CborValue) => map([...pairs, [key, value]]);

describe('scalars', () => {
  test.each<[string, Reader, CborValue[], CborValue[], string]>([
    ['int', int(-2, 3), [-2, 0, 3], [-3, 4, 3n, '1', null], 'an integer from -2 to 3'],
    ['uint', uint(9), [0, 9], [-1, 10, 2n ** 60n], 'an integer from 0 to 9'],
    ['bytes', bytes(2), [new Uint8Array(2)], [new Uint8Array(1), 'ab', [1, 2]], '2 bytes'],
    ['bytesUpTo', bytesUpTo(2), [new Uint8Array(0)], [new Uint8Array(3), ''], 'at most 2 bytes'],
    [
      'text',
      text(3),
      ['', 'abc'],
      ['abcd', '\ud800', '\ufeffa', 1],
      'text of at most 3 characters',
    ],
    ['choice', choice('a', 2, true), ['a', 2, true], ['b', 1, false, null], '"a" or 2 or true'],
    ['code', code('on', 'off'), [0, 1], [2, -1, 'on', 1n], 'a code from 0 to 1'],
    ['openMap', openMap, [new Map()], [[], null, 1], 'a map'],
  ])('%s', (_, field, accepted, refused, expected) => {
    for (const value of accepted) expect(detailOf(field, value)).toBeUndefined();
    for (const value of refused) expect(detailOf(field, value)).toBe(`it: expected ${expected}`);
  });

  test('the largest uint is that of 53 bits', () => {
    expect(detailOf(uint(), Number.MAX_SAFE_INTEGER)).toBeUndefined();
    expect(detailOf(uint(), 2n ** 53n)).toContain('expected an integer from 0');
  });
});

describe('record', () => {
  test('is read and written', () => {
    const encoded = encodeWith(meterField, meter);
    expect(encoded).toEqual(encode(map(pairs)));
    expect(decodeWith(meterField, encoded, { name: 'meter' })).toEqual({ ok: true, value: meter });
  });

  test('has its types from its fields', () => {
    expectTypeOf<Meter['limits']>().toEqualTypeOf<readonly [number, number | null]>();
    expectTypeOf<Meter['clock']['state']>().toEqualTypeOf<'set' | 'unset'>();
    expectTypeOf<Meter['note']>().toEqualTypeOf<string | undefined>();
    expectTypeOf<Meter['tags']>().toEqualTypeOf<readonly ('a' | 'b')[]>();
  });

  test('has optional members when they are there, and only then', () => {
    const noted = { ...meter, note: 'cellar' };
    const read = meterField.read(withPair(6, 'cellar'), 'meter');
    expect(read).toEqual({ ok: true, value: noted });
    expect(encodeWith(meterField, { ...meter, note: undefined })).toEqual(encode(map(pairs)));
    expect(Object.keys(meter)).not.toContain('note');
  });

  test.each<[string, CborValue, string]>([
    ['another type', [1], 'it: expected a map'],
    ['a missing key', map(pairs.slice(1)), 'it.name: expected a value under key 1, there is none'],
    ['an unknown key', withPair(7, 0), 'it: expected no key 7'],
    ['an unknown text key', withPair('__proto__', 0), 'it: expected no key "__proto__"'],
    ['a fault in a member', withPair(2, new Uint8Array(5)), 'it.key: expected 4 bytes'],
    [
      'a fault in an optional member',
      withPair(6, 6),
      'it.note: expected text of at most 20 characters',
    ],
    ['a tuple too long', withPair(3, [0, 0, 0]), 'it.limits: expected a list of 2'],
    ['a fault in a tuple', withPair(3, [0, 10]), 'it.limits[1]: expected an integer from 0 to 9'],
    ['a list too long', withPair(4, ['a', 'a', 'a']), 'it.tags: expected a list of at most 2'],
    ['a fault in a list', withPair(4, ['a', 'c']), 'it.tags[1]: expected "a" or "b"'],
    ['a row too short', withPair(5, [0]), 'it.clock: expected a list of 2'],
    ['a fault in a row', withPair(5, [2, 0]), 'it.clock.state: expected a code from 0 to 1'],
  ])('refuses %s and says where', (_, value, detail) => {
    expect(meterField.read(value, 'it')).toEqual({ ok: false, code: 'form', detail });
  });

  test('shortens a hostile key in what it says', () => {
    expect(detailOf(meterField, withPair('x'.repeat(1_000), 0))?.length).toBeLessThan(80);
  });
});

describe('byKind', () => {
  const shapeField = byKind(1, {
    circle: record({ kind: [1, choice('circle')], radius: [2, uint()] }),
    square: record({ kind: [1, choice('square')], side: [2, uint()] }),
  });
  type Shape = Content<typeof shapeField>;

  test('tells the records of a union apart, in both directions', () => {
    expectTypeOf<Shape['kind']>().toEqualTypeOf<'circle' | 'square'>();
    for (const shape of [
      { kind: 'circle', radius: 3 },
      { kind: 'square', side: 4 },
    ] as const satisfies readonly Shape[]) {
      const encoded = encodeWith(shapeField, shape);
      expect(decodeWith(shapeField, encoded, { name: 'shape' })).toEqual({
        ok: true,
        value: shape,
      });
    }
  });

  test.each<[CborValue]>([
    [map([[1, 'triangle']])],
    [map([[1, 'constructor']])],
    [map([[2, 'circle']])],
    [['circle']],
    [null],
  ])('refuses another kind: %o', (value) => {
    expect(detailOf(shapeField, value)).toBe('it: expected one of circle, square under key 1');
  });

  test('refuses a member of the other record', () => {
    expect(
      detailOf(
        shapeField,
        map([
          [1, 'circle'],
          [2, 1],
          [3, 1],
        ]),
      ),
    ).toBe('it: expected no key 3');
  });
});

describe('mapped and refined', () => {
  const even = refined(uint(), 'an even number', (value) => value % 2 === 0);
  const yearField = mapped(text(4), {
    read: (digits, path) =>
      /^\d{4}$/.test(digits) ? accept(Number(digits)) : malformed(path, 'a year of four digits'),
    write: (year: number) => String(year),
  });

  test('refuse in their own words after the form is right', () => {
    expect(detailOf(even, 3)).toBe('it: expected an even number');
    expect(detailOf(even, -3)).toContain('expected an integer from 0');
    expect(detailOf(yearField, '26')).toBe('it: expected a year of four digits');
    expect(detailOf(yearField, 2026)).toBe('it: expected text of at most 4 characters');
  });

  test('write what they read', () => {
    expect(decodeWith(yearField, encodeWith(yearField, 2026), { name: 'year' })).toEqual({
      ok: true,
      value: 2026,
    });
  });
});

describe('encodeWith', () => {
  test.each<[string, Meter]>([
    ['a text too long', { ...meter, name: 'much too long' }],
    ['bytes of another length', { ...meter, key: new Uint8Array(3) }],
    ['a number out of range', { ...meter, limits: [6, null] }],
    ['a list too long', { ...meter, tags: ['a', 'a', 'a'] }],
    ['an unknown name of a code', { ...meter, clock: { state: 'lost' as 'set', errorMs: 0 } }],
  ])('does not write %s', (_, value) => {
    expect(() => encodeWith(meterField, value)).toThrow(InvariantError);
  });
});

describe('hostile values', () => {
  test('are refused without a throw, with cbor for the encoding and form for the content', () => {
    const name = { name: 'meter' };
    expect(decodeWith(meterField, Uint8Array.of(0xff), name)).toMatchObject({ code: 'cbor' });
    expect(decodeWith(meterField, Uint8Array.of(0x80), name)).toMatchObject({ code: 'form' });
    expect(decodeWith(meterField, encode('meter'), { ...name, bytesMax: 5 })).toMatchObject({
      code: 'cbor',
    });
    fc.assert(
      fc.property(cborValue, (value) => {
        expect(meterField.read(value, 'it')).toMatchObject({ ok: false, code: 'form' });
      }),
      { seed, numRuns: 500 },
    );
  });

  test('in one place of a record are refused, or they are what is written again', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 7 }), cborValue, (key, value) => {
        const bytesRead = encode(withPair(key, value));
        const read = decodeWith(meterField, bytesRead, { name: 'meter' });
        if (read.ok) expect(encodeWith(meterField, read.value)).toEqual(bytesRead);
      }),
      { seed, numRuns: 2_000 },
    );
  });
});
