// SPDX-License-Identifier: Apache-2.0
// Deterministic CBOR against the examples of RFC 8949, against a slow twin, and against hostile
// bytes.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvariantError } from '../../../base/assert.ts';
import { concat, fromHex, toHex, u32 } from '../../../base/bytes.ts';
import { type CborValue, decode, encode, map } from '../../../base/cbor.ts';
import { limits } from '../../../base/limits.ts';
import { readVectors } from '../../vectors/read-vectors.ts';
import { readByLibrary } from './cbor-oracle.ts';
import { encodeSlowly } from './cbor-twin.ts';
import { cborValue } from './cbor-values.ts';

const seed = 8949;

type Accepted = {
  hex: string;
  value?: CborValue;
  bigint?: string;
  bytes?: string;
  pairs?: [number | string, CborValue][];
};
const vectors = readVectors<{ accept: Accepted[]; refuse: Record<string, string> }>('rfc8949.json');

const bytesOf = (hex: string) => fromHex(hex) as Uint8Array;
const nested = (depth: number) => concat(new Uint8Array(depth - 1).fill(0x81), Uint8Array.of(0x80));

function expectedOf({ value, bigint, bytes, pairs }: Accepted): CborValue {
  if (bigint !== undefined) return BigInt(bigint);
  if (bytes !== undefined) return bytesOf(bytes);
  return pairs === undefined ? (value as CborValue) : new Map(pairs);
}

describe('RFC 8949 Appendix A', () => {
  test.each(vectors.accept)('$hex is read and written', (accepted) => {
    const value = expectedOf(accepted);
    expect(decode(bytesOf(accepted.hex))).toEqual({ ok: true, value });
    expect(toHex(encode(value))).toBe(accepted.hex);
  });

  test.each(Object.entries(vectors.refuse))('%s is refused', (_, hex) => {
    expect(decode(bytesOf(hex))).toMatchObject({ ok: false, code: 'cbor' });
  });
});

describe('RFC 8949 §4.2.1', () => {
  test('what is encoded has the bytes of the twin, and is read back', () => {
    fc.assert(
      fc.property(cborValue, (value) => {
        const encoded = encode(value);
        expect(toHex(encoded)).toBe(toHex(encodeSlowly(value)));
        expect(decode(encoded)).toEqual({ ok: true, value });
      }),
      { seed, numRuns: 2_000 },
    );
  });

  test('keys are sorted as their encodings are, whatever the order they come in', () => {
    const keys = [0, 10, 23, 24, 255, 256, 65536, -1, -24, -25, -257, '', 'a', 'b', 'aa', 'é', '𐅑'];
    fc.assert(
      fc.property(fc.shuffledSubarray(keys), (order) => {
        const value = map(order.map((key) => [key, null]));
        expect(toHex(encode(value))).toBe(toHex(encodeSlowly(value)));
      }),
      { seed },
    );
  });

  test('two byte strings never stand for one value', () => {
    const altered = fc.record({
      value: cborValue,
      flips: fc.array(fc.record({ at: fc.nat(), bit: fc.nat(7) }), { minLength: 1, maxLength: 3 }),
    });
    fc.assert(
      fc.property(altered, ({ value, flips }) => {
        const bytes = encode(value);
        for (const { at, bit } of flips) {
          const index = at % bytes.length;
          bytes[index] = (bytes[index] as number) ^ (1 << bit);
        }
        const decoded = decode(bytes);
        if (decoded.ok) expect(toHex(encodeSlowly(decoded.value))).toBe(toHex(bytes));
      }),
      { seed, numRuns: 3_000 },
    );
  });
});

describe('beside a library that reads strictly and writes again', () => {
  const agree = (bytes: Uint8Array): void => {
    const expected = readByLibrary(bytes);
    const read = decode(bytes);
    expect(read.ok ? read.value : undefined, toHex(bytes)).toEqual(expected);
  };

  test('all of one and of two bytes are read or refused alike', () => {
    for (let first = 0; first < 256; first++) {
      agree(Uint8Array.of(first));
      for (let second = 0; second < 256; second++) agree(Uint8Array.of(first, second));
    }
  });

  test('random bytes are', () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 });
    fc.assert(fc.property(bytes, agree), { seed, numRuns: 20_000 });
  });

  test('values with a byte altered, left out or put in are', () => {
    const change = fc.record({
      kind: fc.constantFrom('alter', 'leave out', 'put in'),
      at: fc.nat(),
      byte: fc.integer({ min: 0, max: 255 }),
    });
    fc.assert(
      fc.property(cborValue, change, (value, { kind, at, byte }) => {
        const bytes = [...encode(value)];
        const place = at % bytes.length;
        if (kind === 'alter') bytes[place] = byte;
        else if (kind === 'leave out') bytes.splice(place, 1);
        else bytes.splice(place, 0, byte);
        agree(Uint8Array.from(bytes));
      }),
      { seed, numRuns: 20_000 },
    );
  });
});

describe('hostile bytes', () => {
  test('are refused or read as what they encode, and never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const decoded = decode(bytes);
        if (decoded.ok) expect(toHex(encodeSlowly(decoded.value))).toBe(toHex(bytes));
      }),
      { seed, numRuns: 5_000 },
    );
  });

  test('may nest to the limit and no deeper, be it a million deep', () => {
    expect(decode(nested(limits.cborDepthMax)).ok).toBe(true);
    for (const depth of [limits.cborDepthMax + 1, 1_000_000]) {
      expect(decode(nested(depth))).toMatchObject({ ok: false, detail: 'nested deeper than 16' });
    }
  });

  test('count their depth anew after a container has ended', () => {
    const siblings = concat(Uint8Array.of(0x98, 40), ...Array(40).fill(nested(15)));
    expect(decode(siblings).ok).toBe(true);
    const maps = concat(Uint8Array.of(0xa2, 1), nested(15), Uint8Array.of(2), nested(16));
    expect(decode(maps)).toMatchObject({ ok: false, detail: 'nested deeper than 16' });
  });

  test('are not looked at beyond the size that is asked for', () => {
    const bytes = encode(new Uint8Array(100));
    expect(decode(bytes, bytes.length).ok).toBe(true);
    expect(decode(bytes, bytes.length - 1)).toMatchObject({
      ok: false,
      detail: '102 bytes, at most 101 are read',
    });
  });

  test('may hold values to the limit and no more', () => {
    const valuesMax = limits.cborValuesMax;
    const zeros = (count: number) => concat(Uint8Array.of(0x9a), u32(count), new Uint8Array(count));
    expect(decode(zeros(valuesMax - 1)).ok).toBe(true);
    expect(decode(zeros(valuesMax))).toMatchObject({
      ok: false,
      detail: `more than ${valuesMax} values`,
    });
  });

  test('that are read share no memory with the value', () => {
    const encoded = encode(Uint8Array.of(1, 2, 3));
    for (const bytes of [encoded, Buffer.from(encoded)]) {
      const decoded = decode(bytes);
      bytes.fill(0);
      expect(decoded).toEqual({ ok: true, value: Uint8Array.of(1, 2, 3) });
    }
  });
});

describe('encode', () => {
  test.each<[string, unknown]>([
    ['a float', 1.5],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['a number beyond 53 bits', 2 ** 53],
    ['an integer beyond 64 bits', 2n ** 64n],
    ['a negative integer beyond 64 bits', -(2n ** 64n) - 1n],
    ['undefined', undefined],
    ['a function', () => 0],
    ['a plain object', { a: 1 }],
    ['a Date', new Date(0)],
    ['another typed array', new Uint16Array(2)],
    ['a lone surrogate', 'a\ud800'],
    ['a byte order mark at the start', '\ufeffa'],
    ['a key that is no integer', new Map([[0.5, 1]])],
    ['a key beyond 53 bits', new Map([[2n ** 53n, 1]])],
    ['a key of bytes', new Map([[new Uint8Array(1), 1]])],
    ['a lone surrogate in a key', new Map([['\udc00', 1]])],
    ['a float in a map in an array', [new Map([[1, [0.1]]])]],
    ['undefined in an array', [1, undefined]],
  ])('does not write %s', (_, value) => {
    expect(() => encode(value as CborValue)).toThrow(InvariantError);
  });

  test('does not write what is nested too deep, nor a cycle', () => {
    let value: CborValue = [];
    for (let depth = 1; depth < limits.cborDepthMax; depth++) value = [value];
    expect(decode(encode(value)).ok).toBe(true);
    expect(() => encode([value])).toThrow(InvariantError);
    const cycle: CborValue[] = [];
    cycle.push(cycle);
    expect(() => encode(cycle)).toThrow(InvariantError);
  });

  test('writes −0 as 0, and a small bigint as the number', () => {
    expect(toHex(encode(-0))).toBe('00');
    expect(toHex(encode(-5n))).toBe('24');
  });

  test('returns bytes that own their memory', () => {
    const encoded = encode([1, 'text', Uint8Array.of(9)]);
    expect(encoded.constructor).toBe(Uint8Array);
    expect(encoded.buffer.byteLength).toBe(encoded.length);
  });
});

test('map leaves out what is undefined', () => {
  expect(
    map([
      [1, 'a'],
      [2, undefined],
      [3, null],
    ]),
  ).toEqual(
    new Map<number, CborValue>([
      [1, 'a'],
      [3, null],
    ]),
  );
});
