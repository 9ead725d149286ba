// SPDX-License-Identifier: Apache-2.0
// fast-check arbitraries of CBOR values, for properties of everything that is encoded.

import fc from 'fast-check';
import type { CborValue } from '../../../base/cbor.ts';
import { isText } from '../../../base/text.ts';

const text = fc.string({ unit: 'binary', maxLength: 40 }).filter(isText);
const bigInteger = fc
  .bigInt({ min: -(2n ** 64n), max: 2n ** 64n - 1n })
  .filter((value) => !Number.isSafeInteger(Number(value)));

/** Integers of all lengths, often small ones. */
const integer = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -300, max: 300 }));

/** Any value we can encode, at most four containers deep, its maps with these keys. */
export function cborValueWithKeys(key: fc.Arbitrary<number | string>): fc.Arbitrary<CborValue> {
  return fc.letrec<{ value: CborValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthSize: 'medium' },
      integer,
      bigInteger,
      text,
      fc.boolean(),
      fc.constant(null),
      fc.uint8Array({ maxLength: 300 }),
      fc.array(tie('value'), { maxLength: 6 }),
      fc.array(fc.tuple(key, tie('value')), { maxLength: 6 }).map((pairs) => new Map(pairs)),
    ),
  })).value;
}

export const cborValue = cborValueWithKeys(fc.oneof(integer, text));
