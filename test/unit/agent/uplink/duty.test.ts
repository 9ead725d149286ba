// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DutyFacts, isOnDuty, patienceMs } from '../../../../agent/uplink/duty.ts';
import { testSigner } from '../../chain/fixture.ts';

const intervalMs = 60_000;

function member(number: number, role: 'voter' | 'follower' = 'voter', revoked = false) {
  return { keyId: testSigner(number).keyId, role, revoked };
}

const members = [member(1), member(2, 'follower'), member(3), member(4)];

function facts(own: number, more: Partial<DutyFacts> = {}): DutyFacts {
  return {
    members,
    leader: testSigner(3).keyId,
    own: testSigner(own).keyId,
    silentMs: 0,
    broughtNewest: false,
    intervalMs,
    ...more,
  };
}

describe('patience', () => {
  test('is none for the leader, grows voter by voter around the chain, followers last', () => {
    const waits = [3, 4, 1, 2].map((own) => patienceMs(facts(own)) / intervalMs);
    expect(waits).toEqual([0, 3, 6, 9]);
  });

  test('has no end for who is no member, and for all without a leader', () => {
    expect(patienceMs(facts(9))).toBe(Number.POSITIVE_INFINITY);
    for (const own of [1, 3]) {
      expect(patienceMs(facts(own, { leader: undefined }))).toBe(Number.POSITIVE_INFINITY);
    }
  });

  test('is none for who is alone, who then leads or will', () => {
    expect(patienceMs(facts(1, { members: [member(1)], leader: undefined }))).toBe(0);
    expect(isOnDuty(facts(9, { members: [member(1)], leader: undefined }))).toBe(false);
  });

  test('passes over who was revoked', () => {
    const without = [member(1), member(3), member(4, 'voter', true)];
    expect(patienceMs(facts(1, { members: without }))).toBe(3 * intervalMs);
    expect(patienceMs(facts(4, { members: without }))).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('duty', () => {
  test('is the leader’s, and from three silent intervals on the next one’s, too', () => {
    expect(isOnDuty(facts(3))).toBe(true);
    expect(isOnDuty(facts(4, { silentMs: 3 * intervalMs - 1 }))).toBe(false);
    expect(isOnDuty(facts(4, { silentMs: 3 * intervalMs }))).toBe(true);
    expect(isOnDuty(facts(1, { silentMs: 3 * intervalMs }))).toBe(false);
  });

  test('stays with who took over until another brings a receipt', () => {
    expect(isOnDuty(facts(4, { broughtNewest: true }))).toBe(true);
    expect(isOnDuty(facts(9, { broughtNewest: true }))).toBe(false);
  });

  test('is somebody’s whenever there is a leader, and everybody’s in a long silence', () => {
    const silence = fc.integer({ min: 0, max: 20 * intervalMs });
    fc.assert(
      fc.property(fc.constantFrom(1, 3, 4), silence, (leading, silentMs) => {
        const { keyId: leader } = testSigner(leading);
        const onDuty = [1, 2, 3, 4].filter((own) => isOnDuty(facts(own, { leader, silentMs })));
        expect(onDuty).toContain(leading);
        expect(onDuty.length).toBe(Math.min(4, 1 + Math.floor(silentMs / (3 * intervalMs))));
      }),
      { seed: 3, numRuns: 200 },
    );
  });
});
