// SPDX-License-Identifier: Apache-2.0
// CBOR of frames (RFC 8949): of all that the library reads, only integers, byte strings, flags and lists.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex } from '../../../base/bytes.ts';
import type { CborValue } from '../../../base/cbor.ts';
import { limits } from '../../../base/limits.ts';
import { decodePlain, encodePlain } from '../../../sidechain/transport/plain-cbor.ts';

function read(hex: string): unknown {
  const bytes = fromHex(hex);
  if (bytes === undefined) throw new Error(`no hex: ${hex}`);
  const decoded = decodePlain(bytes);
  return decoded.ok ? decoded.value : decoded.detail;
}

const { value } = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: limits.transportDepthMax - 1 },
    fc.nat(2 ** 31 - 1),
    fc.maxSafeNat(),
    fc.uint8Array({ maxLength: 300 }),
    fc.constantFrom(true, false, null),
    fc.array(tie('value'), { maxLength: 30 }),
  ),
}));

describe('CBOR of frames', () => {
  test('what is written is read', () => {
    fc.assert(
      fc.property(value, (one) => {
        const bytes = new Uint8Array(encodePlain(one));
        expect(decodePlain(bytes)).toEqual({ ok: true, value: one });
      }),
      { seed: 1, numRuns: 2_000 },
    );
  });

  test.each([
    ['00', 0],
    ['1864', 100],
    ['1a000f4240', 1_000_000],
    ['fb41f0000000000000', 2 ** 32],
    ['43010203', Uint8Array.of(1, 2, 3)],
    ['83f4f5f6', [false, true, null]],
    ['80', []],
  ])('%s of RFC 8949 appendix A or like it is read', (hex, expected) => {
    expect(read(hex)).toEqual(expected);
  });

  test.each([
    ['a tag: a date', 'c11a514b67b0', 'major type 6'],
    ['a tag in a list', '81c249010000000000000000', 'major type 6'],
    ['a record of the library', 'd9dfff8200a0', 'major type 6'],
    ['a map', 'a10102', 'major type 5'],
    ['text', '6161', 'major type 3'],
    ['a negative integer', '20', 'major type 1'],
    ['an integer of 64 bits', '1b000000e8d4a51000', 'additional information 27'],
    ['an indefinite byte string', '5f41ff', 'additional information 31'],
    ['an indefinite list', '9fff', 'additional information 31'],
    ['undefined', 'f7', 'simple value 23'],
    ['a half float', 'f93c00', 'simple value 25'],
    ['a fraction', 'fb3ff199999999999a', 'a fraction'],
    ['a double that an integer of 32 bits could be', 'fb3ff0000000000000', 'a fraction'],
    ['not a number', 'fb7ff8000000000000', 'a fraction'],
    ['nothing', '', 'it ends before its last value'],
    ['a list that is not full', '8201', 'a list is longer than the rest'],
    ['a list that claims to be long', '9affffffff00', 'a list is longer than the rest'],
    ['a byte string cut short', '4401', 'it ends within a value'],
    ['a head cut short', '19ff', 'it ends within a value'],
    ['a double cut short', 'fb41', 'it ends within a value'],
    ['two values', '0000', '1 bytes after the end'],
  ])('%s is refused', (_, hex, reason) => {
    expect(read(hex)).toBe(reason);
  });

  test('lists are nested so deep and no deeper', () => {
    const depth = limits.transportDepthMax;
    expect(read(`${'81'.repeat(depth)}00`)).toBeInstanceOf(Array);
    expect(read(`${'81'.repeat(depth + 1)}00`)).toBe('lists are nested too deep');
    expect(read('81'.repeat(100_000))).toBe('lists are nested too deep');
  });

  test('so many values are read and no more', () => {
    const list = (length: number): Uint8Array => {
      const bytes = new Uint8Array(5 + length);
      bytes[0] = 0x9a;
      new DataView(bytes.buffer).setUint32(1, length);
      return bytes;
    };
    expect(decodePlain(list(limits.transportValuesMax - 1))).toMatchObject({ ok: true });
    expect(decodePlain(list(limits.transportValuesMax))).toMatchObject({ ok: false, code: 'cbor' });
  });

  test('any bytes are read or refused, never worse; what is read is plain', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const decoded = decodePlain(bytes);
        if (decoded.ok) expect(isPlain(decoded.value)).toBe(true);
      }),
      { seed: 2, numRuns: 50_000 },
    );
  });
});

function isPlain(one: unknown): boolean {
  if (Array.isArray(one)) return one.every(isPlain);
  if (typeof one === 'number') return Number.isSafeInteger(one) && one >= 0;
  return one === null || typeof one === 'boolean' || one instanceof Uint8Array;
}
