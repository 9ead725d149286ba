// SPDX-License-Identifier: Apache-2.0
// Ids: their makers assert, their fields refuse.

import { describe, expect, test } from 'vitest';
import { InvariantError } from '../../../base/assert.ts';
import {
  chainIdField,
  entryIdField,
  heightField,
  keyIdField,
  schemaIdField,
  sequenceField,
  toChainId,
  toEntryId,
  toHeight,
  toKeyId,
  toLogIndex,
  toSchemaId,
  toSequence,
  toTerm,
} from '../../../base/ids.ts';

describe.each([
  ['chain id', 32, toChainId, chainIdField],
  ['entry id', 32, toEntryId, entryIdField],
  ['schema id', 32, toSchemaId, schemaIdField],
  ['key id', 8, toKeyId, keyIdField],
] as const)('%s', (_, length, make, field) => {
  test(`has ${length} bytes`, () => {
    const id = new Uint8Array(length).fill(1);
    expect(make(id)).toBe(id);
    expect(field.read(id, 'id')).toEqual({ ok: true, value: id });
    for (const other of [0, length - 1, length + 1]) {
      expect(() => make(new Uint8Array(other))).toThrow(InvariantError);
      expect(field.read(new Uint8Array(other), 'id')).toMatchObject({
        ok: false,
        detail: `id: expected ${length} bytes`,
      });
    }
  });
});

test.each([
  ['height', toHeight],
  ['sequence', toSequence],
  ['log index', toLogIndex],
  ['term', toTerm],
] as const)('%s is a count', (_, make) => {
  expect(make(0)).toBe(0);
  expect(make(Number.MAX_SAFE_INTEGER)).toBe(Number.MAX_SAFE_INTEGER);
  for (const other of [-1, 0.5, Number.NaN, 2 ** 53])
    expect(() => make(other)).toThrow(InvariantError);
});

test('counts are read from 0 on', () => {
  expect(heightField.read(0, 'height').ok).toBe(true);
  expect(sequenceField.read(-1, 'sequence').ok).toBe(false);
});
