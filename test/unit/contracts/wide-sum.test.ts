// SPDX-License-Identifier: Apache-2.0
// Sums of 53-bit integers against bigints.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encode } from '../../../base/cbor.ts';
import { addTo, toBigint, type WideSum, zeroSum } from '../../../contracts/wide-sum.ts';

test('a sum is exact, and two CBOR integers', () => {
  fc.assert(
    fc.property(fc.array(fc.maxSafeInteger(), { maxLength: 1_000 }), (values) => {
      const sum = values.reduce<WideSum>(addTo, zeroSum);
      expect(toBigint(sum)).toBe(values.reduce((total, value) => total + BigInt(value), 0n));
      expect(encode(sum).length).toBeLessThanOrEqual(19);
      expect(sum[1]).toBeGreaterThanOrEqual(0);
    }),
    { seed: 5 },
  );
});

test('stays exact beyond 64 bits', () => {
  let sum = zeroSum;
  for (let i = 0; i < 10_000; i++) sum = addTo(sum, Number.MAX_SAFE_INTEGER);
  expect(toBigint(sum)).toBe(10_000n * BigInt(Number.MAX_SAFE_INTEGER));
});
