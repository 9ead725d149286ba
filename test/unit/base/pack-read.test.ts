// SPDX-License-Identifier: Apache-2.0
// The quick reader of packs beside the general one: what it reads, that one reads alike; and what
// that one reads, it does not leave to it.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../../base/bytes.ts';
import { type CborValue, encode } from '../../../base/cbor.ts';
import { limits } from '../../../base/limits.ts';
import { decodePackSlowly } from '../../../base/pack.ts';
import { readPack } from '../../../base/pack-read.ts';
import { quality } from '../../../base/quality.ts';

const seed = 61;

const agree = (bytes: Uint8Array): void => {
  const general = decodePackSlowly(bytes);
  expect(readPack(bytes), toHex(bytes)).toEqual(general.ok ? general.value : undefined);
};

/** Integers around the places where heads get longer and numbers stop to be exact. */
const edges = [23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER];
const integer: fc.Arbitrary<CborValue> = fc.oneof(
  fc.constantFrom(...edges, ...edges.map((edge) => -edge), ...edges.map((edge) => -1 - edge)),
  fc.maxSafeInteger(),
  fc.integer({ min: -1_000, max: 100_000 }),
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n - 1n }),
);
const scalar: fc.Arbitrary<CborValue> = fc.oneof(
  integer,
  fc.constant(null),
  fc.boolean(),
  fc.string({ maxLength: 3 }),
  fc.uint8Array({ maxLength: 33 }),
);
const safe = (values: fc.Arbitrary<CborValue>): fc.Arbitrary<CborValue> =>
  values.map((value) =>
    typeof value === 'number' && !Number.isSafeInteger(value) ? BigInt(value) : value,
  );

/** Mostly packs, and what is nearly one: each place may hold something else. */
const nearlyPack = fc
  .record({
    id: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    timeMs: fc.oneof(fc.nat(limits.unixMsMax), safe(integer)),
    clock: fc.tuple(fc.nat(3), fc.oneof(fc.constant(null), safe(integer))),
    values: fc.array(
      fc.tuple(
        fc.oneof(safe(integer), fc.constant(null)),
        fc.constantFrom<number>(...Object.values(quality), 8, 24, 300),
      ),
      { maxLength: 6 },
    ),
    isAgreed: fc.boolean(),
    stray: fc.option(fc.tuple(fc.nat(4), safe(scalar)), { freq: 4 }),
  })
  .map(({ id, timeMs, clock, values, isAgreed, stray }) => {
    const code = ([mantissa, given]: (typeof values)[number]): number =>
      isAgreed ? (mantissa === null ? quality.timeOut : quality.good) : given;
    const wire: CborValue[] = [id, timeMs, clock, values.map(([one]) => one), values.map(code)];
    if (stray !== null) wire[stray[0]] = stray[1];
    return wire;
  });

describe('beside the general reader', () => {
  test('what is a pack, or nearly one, is read or left alike', () => {
    let packs = 0;
    fc.assert(
      fc.property(nearlyPack, (wire) => {
        const bytes = encode(wire);
        agree(bytes);
        if (readPack(bytes) !== undefined) packs += 1;
      }),
      { seed, numRuns: 6_000 },
    );
    expect(packs).toBeGreaterThan(100);
  });

  test('so are packs with bytes altered, left out or put in', () => {
    const change = fc.record({
      kind: fc.constantFrom('alter', 'leave out', 'put in'),
      at: fc.nat(),
      byte: fc.oneof(
        fc.integer({ min: 0, max: 255 }),
        fc.constantFrom(0x18, 0x19, 0x1a, 0x1b, 0xf6),
      ),
    });
    fc.assert(
      fc.property(nearlyPack, fc.array(change, { minLength: 1, maxLength: 2 }), (wire, changes) => {
        const bytes = [...encode(wire)];
        for (const { kind, at, byte } of changes) {
          const place = at % bytes.length;
          if (kind === 'alter') bytes[place] = byte;
          else if (kind === 'leave out') bytes.splice(place, 1);
          else bytes.splice(place, 0, byte);
        }
        agree(Uint8Array.from(bytes));
      }),
      { seed, numRuns: 8_000 },
    );
  });

  test('so are all changes of one byte, and all ends, of one pack', () => {
    const id = new Uint8Array(32).fill(7);
    const values = [0, -1, 24, -25, 300, -70_000, 5_000_000_000, -5_000_000_000, null];
    const codes = [...values.slice(1).map(() => 0), 16];
    const bytes = encode([id, 1_763_683_200_000, [1, 300], values, codes]);
    expect(readPack(bytes)).toBeDefined();
    for (let at = 0; at < bytes.length; at++) {
      agree(bytes.subarray(0, at));
      // All bytes of the id mean the same.
      if (at > 3 && at < 34) continue;
      for (let byte = 0; byte < 256; byte++) agree(bytes.with(at, byte));
    }
  });

  test('no longer one is read', () => {
    const long = encode([new Uint8Array(32), 1, [0, null], Array(257).fill(1), Array(257).fill(0)]);
    agree(long);
    agree(new Uint8Array(limits.packBytesMax + 1).fill(0x85));
  });
});

test('what is read holds no view of the bytes', () => {
  const bytes = Buffer.from(encode([new Uint8Array(32).fill(1), 1, [0, null], [], []]));
  const pack = readPack(bytes);
  bytes.fill(0);
  expect(pack?.schemaId).toEqual(new Uint8Array(32).fill(1));
});
