// SPDX-License-Identifier: Apache-2.0
// Packs: the bytes they have, the agreement of values and qualities, and the salts of their leaves.

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvariantError } from '../../../base/assert.ts';
import { toHex } from '../../../base/bytes.ts';
import { type CborValue, encode } from '../../../base/cbor.ts';
import { toSchemaId } from '../../../base/ids.ts';
import { limits } from '../../../base/limits.ts';
import {
  checkPack,
  decodePack,
  encodePack,
  type Pack,
  saltAt,
  saltedLeaf,
} from '../../../base/pack.ts';
import { hasValue, type QualityCode, quality } from '../../../base/quality.ts';
import type { Schema } from '../../../base/schema.ts';

const suite = {
  sha256: (bytes: Uint8Array) => Uint8Array.from(createHash('sha256').update(bytes).digest()),
  verify: () => false,
};
const seed = 2;
const id = toSchemaId(new Uint8Array(32).fill(7));

const pack: Pack = {
  schemaId: id,
  timeMs: 1_763_683_200_000,
  clock: { state: 'free-running', errorMs: null },
  mantissas: [2301, null, -5],
  qualities: [quality.good, quality.timeOut, quality.deviceFlagged],
};

const wire: readonly CborValue[] = [id, 1_763_683_200_000, [1, null], [2301, null, -5], [0, 16, 5]];

describe('pack', () => {
  test('has this layout', () => {
    expect(toHex(encodePack(pack))).toBe(toHex(encode(wire)));
    expect(toHex(encodePack(pack)).slice(0, 6)).toBe('855820');
  });

  test('is read back, whatever it holds', () => {
    const value = fc.constantFrom<QualityCode>(...Object.values(quality)).chain((code) =>
      fc.record({
        code: fc.constant(code),
        mantissa: hasValue(code) ? fc.maxSafeInteger() : fc.constant(null),
      }),
    );
    fc.assert(
      fc.property(
        fc.array(value, { maxLength: 256 }),
        fc.maxSafeNat().map((time) => time % (limits.unixMsMax + 1)),
        fc.constantFrom('synchronised' as const, 'free-running' as const, 'unset' as const),
        fc.option(fc.maxSafeNat()),
        (values, timeMs, state, errorMs) => {
          const given: Pack = {
            schemaId: id,
            timeMs,
            clock: { state, errorMs },
            mantissas: values.map(({ mantissa }) => mantissa),
            qualities: values.map(({ code }) => code),
          };
          expect(decodePack(encodePack(given))).toEqual({ ok: true, value: given });
        },
      ),
      { seed, numRuns: 50 },
    );
  });

  test.each<[string, number, CborValue]>([
    ['a short schema id', 0, new Uint8Array(31)],
    ['a negative time', 1, -1],
    ['a time after the year 9999', 1, limits.unixMsMax + 1],
    ['an unknown clock state', 2, [3, null]],
    ['a clock without error', 2, [0]],
    ['a value too many', 3, [2301, null, -5, 1]],
    ['a null of good quality', 3, [null, null, -5]],
    ['a value that was not read', 3, [2301, 0, -5]],
    ['an unknown quality', 4, [0, 16, 15]],
    ['a value of more than 53 bits', 3, [2n ** 53n, null, -5]],
    ['text for a value', 3, ['2301', null, -5]],
  ])('refuses %s', (_, place, content) => {
    expect(decodePack(encode(wire.with(place, content)))).toMatchObject({
      ok: false,
      code: 'form',
    });
  });

  test('carries a record of the meter as it is, in a sixth place', () => {
    const record = { name: 'sunspec 64901 40521', bytes: Uint8Array.of(0xfd, 0x85, 0, 1) };
    const encoded = encodePack({ ...pack, record });
    expect(toHex(encoded)).toBe(toHex(encode([...wire, [record.name, record.bytes]])));
    expect(decodePack(encoded)).toEqual({ ok: true, value: { ...pack, record } });
  });

  test.each<[string, CborValue]>([
    ['no record in its place', null],
    ['an empty one', ['sunspec 64901 40521', new Uint8Array()]],
    ['one without a name', ['', Uint8Array.of(1)]],
    ['one that is too long', ['sunspec 64901 40521', new Uint8Array(limits.recordBytesMax + 1)]],
    ['one with more to it', ['sunspec 64901 40521', Uint8Array.of(1), 0]],
  ])('refuses %s', (_, record) => {
    expect(decodePack(encode([...wire, record]))).toMatchObject({ ok: false, code: 'form' });
  });

  test('has room for a record of the longest beside the most values that go with one', () => {
    const count = limits.recordedValuesMax;
    const full: Pack = {
      ...pack,
      mantissas: Array.from({ length: count }, () => Number.MIN_SAFE_INTEGER),
      qualities: Array.from({ length: count }, () => quality.good),
      record: { name: 'x'.repeat(64), bytes: new Uint8Array(limits.recordBytesMax) },
    };
    expect(decodePack(encodePack(full))).toEqual({ ok: true, value: full });
  });

  test('refuses a field too many, and bytes after the end', () => {
    expect(decodePack(encode([...wire, 0]))).toMatchObject({ ok: false });
    const record = ['sunspec 64901 40521', Uint8Array.of(1)];
    expect(decodePack(encode([...wire, record, 0]))).toMatchObject({ ok: false });
    expect(decodePack(Uint8Array.of(...encode(wire), 0))).toMatchObject({ ok: false });
  });

  test('a null of good quality cannot be written', () => {
    expect(() => encodePack({ ...pack, mantissas: [null, null, -5] })).toThrow(InvariantError);
  });

  test('has as many values as its schema', () => {
    const schemaOf = (count: number) =>
      ({ values: new Array(count).fill({}) }) as unknown as Schema;
    expect(checkPack(pack, schemaOf(3))).toEqual({ ok: true, value: pack });
    expect(checkPack(pack, schemaOf(2))).toMatchObject({ ok: false, code: 'pack' });
  });
});

describe('salted leaves', () => {
  const secret = new Uint8Array(32).fill(1);

  test('salt i is the first 16 bytes of SHA-256(secret ‖ u32 i)', () => {
    const hash = createHash('sha256')
      .update(secret)
      .update(Uint8Array.of(0, 0, 1, 2))
      .digest();
    expect(toHex(saltAt(suite, secret, 258))).toBe(hash.toString('hex').slice(0, 32));
  });

  test('leaf data is salt ‖ bytes', () => {
    expect(saltedLeaf(Uint8Array.of(1, 2), Uint8Array.of(3))).toEqual(Uint8Array.of(1, 2, 3));
  });
});
