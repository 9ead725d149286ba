// SPDX-License-Identifier: Apache-2.0
// Schema payloads: the bytes they have, and the schemas that are refused.

import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { InvariantError } from '../../../base/assert.ts';
import { toHex } from '../../../base/bytes.ts';
import { type CborValue, encode } from '../../../base/cbor.ts';
import {
  decodeSchema,
  encodeSchema,
  type Schema,
  schemaId,
  type ValueSchema,
} from '../../../base/schema.ts';

const suite = {
  sha256: (bytes: Uint8Array) => Uint8Array.from(createHash('sha256').update(bytes).digest()),
  verify: () => false,
};

const power: ValueSchema = {
  obis: '1-0:16.7.0*255',
  unit: 'W',
  exponent: -1,
  register: 'input 52 float32',
  class: 'tradable',
  kind: 'instantaneous',
  min: -1_000_000,
  max: 1_000_000,
  maxStepPerSecond: null,
};

const schema: Schema = {
  device: 'urn:dev:ops:eastron-sdm630-1',
  line: 'tcp',
  unitId: 1,
  request: 'modbus fc=4 0+76',
  periodMs: 1_000,
  definition: 'eastron-sdm630',
  values: [power],
};

/** As `schema`, on the wire, before encoding. */
function wire(change: ReadonlyMap<number, CborValue> = new Map()): Map<number, CborValue> {
  const value = [power.obis, 'W', -1, power.register, 0, 0, -1_000_000, 1_000_000, null];
  const base: [number, CborValue][] = [
    [1, schema.device],
    [2, 'tcp'],
    [3, 1],
    [4, schema.request],
    [5, 1_000],
    [6, 'eastron-sdm630'],
    [7, [value]],
  ];
  return new Map([...base, ...change]);
}

function wireValue(place: number, content: CborValue): ReadonlyMap<number, CborValue> {
  const [value] = wire().get(7) as [CborValue[]];
  return new Map([[7, [value.with(place, content)]]]);
}

describe('schema payload', () => {
  test('has this layout, and is read back', () => {
    const payload = encodeSchema(schema);
    expect(toHex(payload)).toBe(toHex(encode(wire())));
    expect(decodeSchema(payload)).toEqual({ ok: true, value: schema });
  });

  test('its id is the SHA-256 of its bytes', () => {
    const payload = encodeSchema(schema);
    expect(toHex(schemaId(suite, payload))).toBe(
      createHash('sha256').update(payload).digest('hex'),
    );
  });

  test.each<[string, ReadonlyMap<number, CborValue>]>([
    ['no device', new Map([[1, '']])],
    ['a unit id of 256', new Map([[3, 256]])],
    ['a period of 0', new Map([[5, 0]])],
    ['a period of more than a day', new Map([[5, 86_400_001]])],
    ['no values', new Map([[7, []]])],
    ['an unknown key', new Map([[8, 1]])],
    ['an OBIS code that is not canonical', wireValue(0, '1-0:16.7.0')],
    ['an exponent of 19', wireValue(2, 19)],
    ['an unknown class', wireValue(4, 2)],
    ['an unknown kind', wireValue(5, 2)],
    ['min above max', wireValue(6, 1_000_001)],
    ['a negative step', wireValue(8, -1)],
    ['a mantissa of more than 53 bits', wireValue(7, 2n ** 60n)],
  ])('refuses %s', (_, change) => {
    const decoded = decodeSchema(encode(wire(change)));
    expect(decoded).toMatchObject({ ok: false, code: 'form' });
  });

  test('refuses two places with one OBIS code, also when writing', () => {
    const [value] = wire().get(7) as [CborValue];
    expect(decodeSchema(encode(wire(new Map([[7, [value, value]]]))))).toMatchObject({ ok: false });
    expect(() => encodeSchema({ ...schema, values: [power, power] })).toThrow(InvariantError);
  });

  test('refuses bytes that are not deterministic CBOR', () => {
    const payload = encodeSchema(schema);
    expect(decodeSchema(Uint8Array.of(...payload, 0))).toMatchObject({ ok: false, code: 'cbor' });
    expect(decodeSchema(payload.subarray(1))).toMatchObject({ ok: false });
  });
});
