// SPDX-License-Identifier: Apache-2.0
// How many co-signatures a policy asks for: a published table, and the reason for it by trying all
// pairs of sets.

import { describe, expect, test } from 'vitest';
import { limits } from '../../../base/limits.ts';
import { isPolicyPossible, type Policy, signersNeeded } from '../../../sidechain/chain/policy.ts';

const blame: Policy = { class: 'blame', faulty: 0 };
const prevent = (faulty: number): Policy => ({ class: 'prevent', faulty });

test.each([
  [1, 1],
  [2, 2],
  [3, 2],
  [4, 3],
  [5, 3],
  [6, 4],
  [7, 4],
])('blame, %i voters: a majority of %i', (voters, needed) => {
  expect(signersNeeded(blame, voters)).toBe(needed);
  expect(isPolicyPossible(blame, voters)).toBe(true);
});

test.each([
  [3, 1, 3],
  [4, 1, 3],
  [5, 1, 4],
  [7, 1, 5],
  [7, 2, 5],
])('prevent, %i voters of whom %i lie: more than (n + b) / 2, so %i', (voters, faulty, needed) => {
  expect(signersNeeded(prevent(faulty), voters)).toBe(needed);
  expect(isPolicyPossible(prevent(faulty), voters)).toBe(true);
});

test.each([
  [1, 1],
  [2, 2],
  [3, 3],
  [7, 7],
])('prevent, %i voters of whom %i lie: no number of signatures is enough', (voters, faulty) => {
  expect(isPolicyPossible(prevent(faulty), voters)).toBe(false);
});

test('a policy says what its class is about, and nothing else', () => {
  expect(isPolicyPossible({ class: 'blame', faulty: 1 }, 7)).toBe(false);
  expect(isPolicyPossible(prevent(0), 7)).toBe(false);
  expect(isPolicyPossible(blame, 0)).toBe(false);
});

describe('any two sets that satisfy a policy', () => {
  const bits = (set: number) => set.toString(2).replaceAll('0', '').length;
  /** Fewest voters that two sets of `needed` of `voters` share. */
  const shared = (voters: number, needed: number): number => {
    const sets = Array.from({ length: 2 ** voters }, (_, set) => set).filter(
      (set) => bits(set) === needed,
    );
    return Math.min(...sets.flatMap((a) => sets.map((b) => bits(a & b))));
  };

  for (let voters = 1; voters <= limits.votersMax; voters++) {
    test(`share a voter to blame, of ${voters}`, () => {
      expect(shared(voters, signersNeeded(blame, voters))).toBeGreaterThanOrEqual(1);
    });
    for (let faulty = 1; isPolicyPossible(prevent(faulty), voters); faulty++) {
      test(`share an honest voter, of ${voters} with ${faulty} who lie, and one fewer do not`, () => {
        const needed = signersNeeded(prevent(faulty), voters);
        expect(shared(voters, needed)).toBeGreaterThan(faulty);
        expect(shared(voters, needed - 1)).toBeLessThanOrEqual(faulty);
      });
    }
  }
});
