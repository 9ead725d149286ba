// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import type { Transaction } from '../../simulation/member/durable-image.ts';
import { SimulatedDisk, type WriteOutcome } from '../../simulation/world/disk.ts';
import { Random } from '../../simulation/world/random.ts';
import { Timeline } from '../../simulation/world/timeline.ts';

function entryAt(index: number): Transaction {
  const entry = { term: 1, index, kind: 'normal', data: new Uint8Array([index]) } as const;
  return { kind: 'log', hardState: undefined, snapshot: undefined, entries: [entry] };
}

function newDisk(seed: number) {
  const timeline = new Timeline();
  const durable: Transaction[] = [];
  const onDurable = (transaction: Transaction) => durable.push(transaction);
  const disk = new SimulatedDisk({ timeline, random: new Random(seed), writeMsMax: 5, onDurable });
  const outcomes: WriteOutcome[] = [];
  const write = (index: number, isSynced = true): void => {
    disk.write(entryAt(index), (outcome) => outcomes.push(outcome), isSynced);
  };
  return { timeline, disk, durable, outcomes, write };
}

function lastIndexOf(disk: SimulatedDisk): number | 'damaged' {
  const recovered = disk.read();
  return recovered.kind === 'damaged' ? 'damaged' : recovered.image.log.lastIndex;
}

test('what was synced is found again, one write after the other', () => {
  const { timeline, disk, durable, outcomes, write } = newDisk(1);
  for (const index of [1, 2, 3]) write(index);
  timeline.pass(100);
  expect(outcomes).toEqual(['durable', 'durable', 'durable']);
  expect(durable.length).toBe(3);
  disk.cutPower();
  expect(lastIndexOf(disk)).toBe(3);
});

test('what was not synced is there, lost or torn, and never there without what came before', () => {
  const ends = new Map<string, Set<unknown>>();
  for (let seed = 1; seed <= 100; seed++) {
    const { timeline, disk, write } = newDisk(seed);
    write(1);
    timeline.pass(100);
    for (const index of [2, 3]) write(index, false);
    timeline.pass(100);
    const end = disk.cutPower();
    const last = lastIndexOf(disk);
    expect(disk.truth.log.lastIndex).toBe(last);
    ends.set(end, (ends.get(end) ?? new Set()).add(last));
  }
  expect(ends.get('nothing-lost')).toEqual(new Set([3]));
  expect(ends.get('lost')).toEqual(new Set([1, 2]));
  expect(ends.get('torn')).toEqual(new Set([1, 2]));
});

test('a rotten bit is found, unless it is in the newest frame', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const { timeline, disk, write } = newDisk(seed);
    write(1);
    timeline.pass(100);
    expect(disk.rot()).toBe(false);
    for (const index of [2, 3]) write(index);
    timeline.pass(100);
    expect(disk.rot()).toBe(true);
    disk.cutPower();
    expect(lastIndexOf(disk)).toBe('damaged');
  }
});

test('a sync that fails fails once, and what it was to write is gone', () => {
  const { timeline, disk, outcomes, write } = newDisk(1);
  disk.isSyncFailing = true;
  write(1);
  timeline.pass(100);
  expect(outcomes).toEqual(['failed']);
  disk.cutPower();
  expect(lastIndexOf(disk)).toBe(0);
});

test('a full disk takes nothing, and one that stalls takes its time', () => {
  const { timeline, disk, outcomes, write } = newDisk(1);
  disk.isFull = true;
  write(1);
  timeline.pass(100);
  expect(outcomes).toEqual(['failed']);
  disk.isFull = false;
  disk.stalledUntilMs = 5_000;
  write(1);
  timeline.pass(4_000);
  expect(outcomes).toEqual(['failed']);
  timeline.pass(2_000);
  expect(outcomes).toEqual(['failed', 'durable']);
});
