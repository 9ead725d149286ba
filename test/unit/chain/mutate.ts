// SPDX-License-Identifier: Apache-2.0
// fast-check arbitraries of bytes that are almost right: what a fault, a version of tomorrow or an
// attacker makes of a good encoding.

import fc from 'fast-check';
import { concat } from '../../../base/bytes.ts';

type Cut = {
  readonly at: number;
  readonly removed: number;
  readonly inserted: Uint8Array;
};

const cut: fc.Arbitrary<Cut> = fc.record({
  at: fc.nat({ max: 1_000_000 }),
  removed: fc.nat({ max: 4 }),
  inserted: fc.oneof(
    fc.uint8Array({ maxLength: 4 }),
    // Heads that promise far more than follows: lists, maps, strings of 2^32 and 2^64 bytes, tags, floats.
    fc.constantFrom(
      ...[
        [0x9a, 0xff, 0xff, 0xff, 0xff],
        [0xba, 0xff, 0xff, 0xff, 0xff],
        [0x5b, 0x00, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        [0x7b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        [0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        [0x9f],
        [0xd2],
        [0xfb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0],
        Array(40).fill(0x81),
      ].map((head) => Uint8Array.from(head)),
    ),
  ),
});

/** A few places of one of these, each exchanged for something else. */
export function mutated(...good: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(fc.constantFrom(...good), fc.array(cut, { minLength: 1, maxLength: 3 }))
    .map(([bytes, cuts]) => cuts.reduce(changed, bytes));
}

function changed(bytes: Uint8Array, { at, removed, inserted }: Cut): Uint8Array {
  const start = at % (bytes.length + 1);
  return concat(bytes.slice(0, start), inserted, bytes.slice(start + removed));
}
