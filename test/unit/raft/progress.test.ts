// SPDX-License-Identifier: Apache-2.0
// What a leader believes of a follower's log, state by state; and the window of what is under way.

import { describe, expect, test } from 'vitest';
import { Inflights } from '../../../sidechain/raft/progress/inflights.ts';
import { Progress } from '../../../sidechain/raft/progress/progress.ts';

function progressAt(match: number, next: number, messagesMax = 3): Progress {
  const inflights = new Inflights({ messagesMax, bytesMax: 1_000 });
  return new Progress({ match, next, isLearner: false, session: 1, inflights });
}

describe('progress', () => {
  test('a probe sends one append with entries and waits; empty ones are free', () => {
    const progress = progressAt(0, 5);
    progress.sentEntries({ count: 0, bytes: 0 });
    expect(progress.isPaused).toBe(false);
    progress.sentEntries({ count: 2, bytes: 10 });
    expect(progress).toMatchObject({ isPaused: true, next: 5 });
  });

  test('replication runs ahead of the acknowledgements, up to the window', () => {
    const progress = progressAt(4, 5);
    progress.becomeReplicate();
    for (let i = 0; i < 3; i += 1) progress.sentEntries({ count: 2, bytes: 10 });
    expect(progress).toMatchObject({ isPaused: true, next: 11, match: 4 });
    expect(progress.acknowledge(6)).toBe(true);
    progress.inflights.freeUpTo(6);
    expect(progress).toMatchObject({ isPaused: false, next: 11, match: 6 });
    expect(progress.acknowledge(6)).toBe(false);
  });

  test('a rejection in a stream goes back to what is certain', () => {
    const progress = progressAt(4, 5);
    progress.becomeReplicate();
    progress.sentEntries({ count: 5, bytes: 10 });
    expect(progress.decrease(4, 2)).toBe(false);
    expect(progress.decrease(9, 2)).toBe(true);
    expect(progress.next).toBe(5);
  });

  test('a rejected probe tries the hint, never below what matches', () => {
    const progress = progressAt(3, 10);
    expect(progress.decrease(7, 5)).toBe(false);
    expect(progress.decrease(9, 5)).toBe(true);
    expect(progress.next).toBe(6);
    expect(progress.decrease(5, 0)).toBe(true);
    expect(progress.next).toBe(4);
  });

  test('after a snapshot it goes on behind it, wherever the acknowledgement is', () => {
    const progress = progressAt(0, 1);
    progress.becomeSnapshot(10);
    expect(progress).toMatchObject({ isPaused: true, next: 11, pendingSnapshot: 10 });
    expect(() => progress.sentEntries({ count: 1, bytes: 1 })).toThrow('snapshot');
    progress.becomeProbe();
    expect(progress).toMatchObject({ state: 'probe', next: 11, pendingSnapshot: 0 });
  });

  test('the commit index it was told is forgotten with what may be lost', () => {
    const progress = progressAt(4, 9);
    progress.becomeReplicate();
    progress.sentEntries({ count: 4, bytes: 1 });
    progress.sentCommit = 8;
    expect(progress.canBumpCommit(9)).toBe(false);
    progress.becomeProbe();
    expect(progress).toMatchObject({ next: 5, sentCommit: 4 });
  });

  test('a copy goes its own way', () => {
    const progress = progressAt(4, 5);
    progress.becomeReplicate();
    const copy = progress.copy();
    expect(copy).toEqual(progress);
    copy.acknowledge(9);
    expect([progress.match, copy.match]).toEqual([4, 9]);
  });
});

describe('inflights', () => {
  test('full by count or by bytes; the last one may go beyond', () => {
    const byCount = new Inflights({ messagesMax: 2, bytesMax: 1_000 });
    byCount.add({ index: 1, bytes: 1 });
    expect(byCount.isFull()).toBe(false);
    byCount.add({ index: 2, bytes: 1 });
    expect(byCount.isFull()).toBe(true);
    expect(() => byCount.add({ index: 3, bytes: 1 })).toThrow('full');
    const byBytes = new Inflights({ messagesMax: 9, bytesMax: 10 });
    byBytes.add({ index: 1, bytes: 9 });
    byBytes.add({ index: 2, bytes: 99 });
    expect(byBytes.isFull()).toBe(true);
    byBytes.freeUpTo(1);
    expect(byBytes.isFull()).toBe(true);
    byBytes.freeUpTo(2);
    expect([byBytes.isFull(), byBytes.count]).toEqual([false, 0]);
  });

  test('an acknowledgement frees all up to it', () => {
    const inflights = new Inflights({ messagesMax: 9, bytesMax: 100 });
    for (const index of [3, 6, 9]) inflights.add({ index, bytes: 30 });
    inflights.freeUpTo(2);
    expect(inflights.count).toBe(3);
    inflights.freeUpTo(7);
    expect(inflights.count).toBe(1);
    inflights.reset();
    expect(inflights.count).toBe(0);
    expect(() => {
      inflights.add({ index: 9, bytes: 1 });
      inflights.add({ index: 8, bytes: 1 });
    }).toThrow('order');
  });
});
