// SPDX-License-Identifier: Apache-2.0
// Paths out of multiproofs: the same hashes that RFC 9162 §2.1.3.1 gives for the leaf alone.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvariantError } from '../../../base/assert.ts';
import { inclusionProof, leafHash } from '../../../base/merkle.ts';
import { multiproof } from '../../../base/multiproof.ts';
import { pathFromMultiproof } from '../../../base/multiproof-path.ts';
import { nodeSuite } from '../../../base/node-suite.ts';

const trees = fc
  .array(fc.boolean(), { minLength: 1, maxLength: 120 })
  .filter((proven) => proven.includes(true));

function claimOf(proven: readonly boolean[]) {
  const all = proven.map((_, i) => leafHash(nodeSuite, Uint8Array.of(i)));
  const indexes = proven.flatMap((is, index) => (is ? [index] : []));
  const leaves = indexes.map((index) => ({ index, leafHash: all[index] as Uint8Array }));
  const claim = { size: all.length, leaves, hashes: multiproof(nodeSuite, all, indexes) };
  return { all, indexes, claim };
}

describe('pathFromMultiproof', () => {
  test('is the RFC 9162 path of each proven leaf', () => {
    fc.assert(
      fc.property(trees, (proven) => {
        const { all, indexes, claim } = claimOf(proven);
        for (const index of indexes) {
          const path = pathFromMultiproof(nodeSuite, claim, index);
          expect(path).toEqual(inclusionProof(nodeSuite, all, index));
        }
      }),
      { seed: 9162, numRuns: 60 },
    );
  });

  test('a leaf that the proof does not hold has none', () => {
    const { claim } = claimOf([true, false, true]);
    expect(() => pathFromMultiproof(nodeSuite, claim, 1)).toThrow(InvariantError);
  });
});
