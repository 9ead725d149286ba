// SPDX-License-Identifier: Apache-2.0
// Block time: never back, held down by the members' clocks, not held back by members that are gone.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Clock } from '../../../base/clock-state.ts';
import { blockTimeMs, leadMsMax } from '../../../sidechain/chain/block-time.ts';
import { silentAfterBlocks } from '../../../sidechain/chain/registry.ts';
import { startMs } from './fixture.ts';
import { Group } from './group.ts';

const dayMs = 86_400_000;
const running: Clock = { state: 'free-running', errorMs: null };

describe('the rule', () => {
  test.each([
    ['the leader’s time where it is plausible', 100, 5_000, [1_000, 2_000, 3_000], 5_000],
    ['the median and 5 s where the leader is ahead', 100, 9_000, [1_000, 2_000, 3_000], 7_000],
    ['the lower of two middle ones', 100, 9_000, [1_000, 2_000, 3_000, 8_000], 7_000],
    ['one clock that is far ahead does not count', 100, 9_999, [1_000, 2_000, dayMs], 7_000],
    ['never before the block before', 100, 50, [1_000], 100],
    ['not before it either where the members are behind', 20_000, 30_000, [1_000], 20_000],
    ['the leader’s time where no clock is synchronised', 100, dayMs, [], dayMs],
  ])('%s', (_, previousMs, leaderMs, synchronisedMs, expected) => {
    expect(blockTimeMs({ previousMs, leaderMs, synchronisedMs })).toBe(expected);
  });

  test('never falls, and never leads the clocks of a majority by more than 5 s', () => {
    const time = fc.nat({ max: 253_402_300_799_999 });
    fc.assert(
      fc.property(time, time, fc.array(time, { maxLength: 7 }), (previousMs, leaderMs, clocks) => {
        const timeMs = blockTimeMs({ previousMs, leaderMs, synchronisedMs: clocks });
        expect(timeMs).toBeGreaterThanOrEqual(previousMs);
        if (timeMs === previousMs || clocks.length === 0) return;
        expect(timeMs).toBeLessThanOrEqual(leaderMs);
        const behind = clocks.filter((clock) => clock + leadMsMax < timeMs);
        expect(2 * behind.length).toBeLessThan(clocks.length);
      }),
      { seed: 2, numRuns: 500 },
    );
  });
});

describe('on a chain', () => {
  const at = (block: { header: { timeMs: number } }) => block.header.timeMs - startMs;

  test('the batches of the block itself count: after a pause it is not late', () => {
    const group = new Group({ voters: 1, followers: 0 });
    group.apply([group.batch(1, [])], startMs + 1_000);
    expect(at(group.apply([], startMs + dayMs))).toBe(1_000 + leadMsMax);
    const timeMs = startMs + dayMs;
    expect(at(group.apply([group.batch(2, [], { timeMs })], timeMs + 40))).toBe(dayMs + 40);
  });

  test('a leader whose clock went back makes no block before the last', () => {
    const group = new Group({ voters: 1, followers: 0 });
    group.apply([], startMs + 60_000);
    expect(at(group.apply([], startMs))).toBe(60_000);
    expect(at(group.apply([group.batch(1, [], { timeMs: startMs })], startMs))).toBe(60_000);
  });

  test('a refused batch does not move it', () => {
    const group = new Group({ voters: 1, followers: 0 });
    group.apply([group.batch(1, [])], startMs + 1_000);
    const timeMs = startMs + dayMs;
    const refused = group.batch(3, [], { timeMs });
    expect(at(group.apply([refused], timeMs))).toBe(1_000 + leadMsMax);
  });

  test('clocks that run freely do not count', () => {
    const group = new Group({ voters: 3, followers: 0 });
    const batches = [0, 1, 2].map((by) => group.batch(1, [], { by, clock: running }));
    expect(at(group.apply(batches, startMs + dayMs))).toBe(dayMs);
  });

  test('revoked members do not count', () => {
    const group = new Group({ voters: 2, followers: 0 });
    group.apply([group.batch(1, [], { by: 1 })]);
    expect(group.ledger.registry.synchronisedTimesMs()).toHaveLength(1);
    group.apply([group.revocation(1)]);
    expect(group.ledger.registry.synchronisedTimesMs()).toEqual([]);
  });

  test('members that fell silent hold it back only until others have said enough', () => {
    const group = new Group({ voters: 3, followers: 4 });
    group.apply([3, 4, 5, 6].map((by) => group.batch(1, [], { by })));
    let last = 0;
    for (let sequence = 1; sequence <= silentAfterBlocks; sequence++) {
      const timeMs = startMs + 1_000 * group.blocks.length;
      last = at(group.apply([group.batch(sequence, [], { timeMs })], timeMs));
      if (sequence === silentAfterBlocks - 1) expect(last).toBe(1_000 + leadMsMax);
    }
    expect(last).toBe(1_000 * (silentAfterBlocks + 1));
  });

  test('a chain on which nobody speaks forgets no clock', () => {
    const group = new Group({ voters: 1, followers: 0 });
    group.apply([group.batch(1, [])]);
    for (let i = 0; i <= silentAfterBlocks; i++) group.apply([]);
    expect(group.ledger.registry.synchronisedTimesMs()).toHaveLength(1);
  });
});
