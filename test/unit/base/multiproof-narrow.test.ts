// SPDX-License-Identifier: Apache-2.0
// A narrowed multiproof is the one that would have been made for the fewer leaves.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rootOf } from '../../../base/merkle.ts';
import { multiproof, verifyMultiproof } from '../../../base/multiproof.ts';
import { narrowMultiproof } from '../../../base/multiproof-narrow.ts';
import { nodeSuite } from '../../../base/node-suite.ts';

const suite = nodeSuite;

test('it is the proof of the fewer leaves, whatever the tree', () => {
  const cases = fc.integer({ min: 1, max: 70 }).chain((size) =>
    fc.subarray([...Array(size).keys()], { minLength: 1 }).chain((proven) =>
      fc.record({
        size: fc.constant(size),
        proven: fc.constant(proven),
        kept: fc.subarray(proven, { minLength: 1 }),
      }),
    ),
  );
  fc.assert(
    fc.property(cases, ({ size, proven, kept }) => {
      const hashes = Array.from({ length: size }, (_, i) => suite.sha256(Uint8Array.of(i)));
      const leavesOf = (indexes: readonly number[]) =>
        indexes.map((index) => ({ index, leafHash: hashes[index] as Uint8Array }));
      const whole = { size, leaves: leavesOf(proven), hashes: multiproof(suite, hashes, proven) };
      const narrow = narrowMultiproof(suite, whole, new Set(kept));
      expect(narrow).toEqual(multiproof(suite, hashes, kept));
      const proof = { size, leaves: leavesOf(kept), hashes: narrow, root: rootOf(suite, hashes) };
      expect(verifyMultiproof(suite, proof)).toBe(true);
    }),
    { seed: 7, numRuns: 300 },
  );
});
