// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compare, compareUtf8, utf8 } from '../../../base/bytes.ts';

test('texts compare as their UTF-8 does, also where UTF-16 has another order', () => {
  const unit = fc.constantFrom(
    '',
    'a',
    'b',
    'é',
    '\ud7ff',
    '\ue000',
    '\uffff',
    '\u{10000}',
    '\u{10ffff}',
  );
  const text = fc.oneof(
    fc.array(unit, { maxLength: 3 }).map((units) => units.join('')),
    fc.string({ unit: 'binary', maxLength: 4 }).filter((any) => any.isWellFormed()),
  );
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareUtf8(a, b))).toBe(Math.sign(compare(utf8(a), utf8(b))));
    }),
    { seed: 7, numRuns: 2_000 },
  );
});
