// SPDX-License-Identifier: Apache-2.0
// Packed messages: the way there and back, and what nobody may make of them.

import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concat } from '../../../base/bytes.ts';
import { limits } from '../../../base/limits.ts';
import { pack, unpack } from '../../../host/packing.ts';

/** As CBOR begins: a tag, a map or an array. */
const message = fc
  .tuple(fc.constantFrom(0xd2, 0xa6, 0x86), fc.uint8Array({ maxLength: 2_000 }))
  .map(([head, rest]) => concat(Uint8Array.of(head), rest));

test('what was packed is unpacked, and never longer than it was', () => {
  fc.assert(
    fc.property(message, (plain) => {
      const packed = pack(plain);
      expect(packed.length).toBeLessThanOrEqual(plain.length);
      expect(unpack(packed)).toEqual(plain);
    }),
    { seed: 1950, numRuns: 300 },
  );
});

test('what repeats itself becomes shorter', () => {
  const plain = new Uint8Array(10_000).fill(0xa6);
  expect(pack(plain).length).toBeLessThan(100);
});

test('a plain message is taken as it is', () => {
  const plain = Uint8Array.of(0xa6, 1, 2, 3);
  expect(unpack(plain)).toBe(plain);
});

test('a stream cut short, followed by something, altered, or too long is nothing', () => {
  const packed = pack(new Uint8Array(1_000).fill(0xa6));
  expect(unpack(packed.subarray(0, -1))).toBeUndefined();
  expect(unpack(concat(packed, Uint8Array.of(0)))).toBeUndefined();
  const last = packed.length - 1;
  expect(unpack(packed.with(last, (packed[last] ?? 0) ^ 1))).toBeUndefined();
  const bomb = new Uint8Array(deflateSync(new Uint8Array(limits.messageBytesMax + 1)));
  expect(bomb.length).toBeLessThan(10_000);
  expect(unpack(bomb)).toBeUndefined();
});
