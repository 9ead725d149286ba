// SPDX-License-Identifier: Apache-2.0
// The schedule of a line, in simulated time: a device that does not answer costs the others little,
// is found soon when it answers again, and nobody waits for ever.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Schedule } from '../../../../drivers/bus/schedule.ts';
import { type Reading, type SimulatedDevice, simulateLine } from './simulated-line.ts';

const always = () => true;
const never = () => false;
const seeded = { seed: 20_260, numRuns: 60 };
// Strangers are given all the time there is; what comes after is judged.
const startMs = 30_000;

const device = (name: string, more: Partial<SimulatedDevice> = {}): SimulatedDevice => ({
  name,
  periodMs: 1_000,
  readingMs: 60,
  latencyMs: 20,
  answers: always,
  ...more,
});

const devices = (count: number, more: (i: number) => Partial<SimulatedDevice>) =>
  Array.from({ length: count }, (_, i) => device(`unit ${i + 1}`, more(i)));

function costMs(readings: readonly Reading[], fromMs: number): number {
  return readings
    .filter(({ answered, startedMs }) => !answered && startedMs >= fromMs)
    .reduce((sum, { startedMs, endedMs }) => sum + endedMs - startedMs, 0);
}

const missed = (readings: readonly Reading[], name: string, fromMs: number) =>
  readings
    .filter((reading) => reading.name === name && reading.startedMs >= fromMs)
    .reduce((sum, { missedCount }) => sum + missedCount, 0);

describe('grids', () => {
  test('every instant is read once, and the grid does not drift', () => {
    const readings = simulateLine([device('a', { periodMs: 250 })], { durationMs: 10_000 });
    expect(readings.map(({ startedMs }) => startedMs)).toEqual(
      Array.from({ length: 40 }, (_, i) => 250 * i),
    );
  });

  test('an instant that passed is left out and counted', () => {
    const readings = simulateLine([device('a', { readingMs: 2_500 })], { durationMs: 10_000 });
    expect(readings.map(({ startedMs }) => startedMs)).toEqual([0, 2_500, 5_000, 7_500]);
    expect(readings.map(({ missedCount }) => missedCount)).toEqual([0, 1, 2, 1]);
  });

  test('of those due, the one goes first whose next instant is nearest', () => {
    const schedule = new Schedule({ nowMs: 0, timeoutMs: 1_000 });
    schedule.add({ id: 'slow', peer: '1', periodMs: 60_000 }, 0);
    schedule.add({ id: 'fast', peer: '2', periodMs: 1_000 }, 0);
    expect(schedule.next(0)).toMatchObject({ kind: 'read', id: 'fast' });
    expect(schedule.next(0)).toMatchObject({ kind: 'read', id: 'slow' });
    expect(schedule.next(0)).toEqual({ kind: 'wait', untilMs: 1_000 });
  });

  test('of those due, alarms go first, however far their next instant is', () => {
    const schedule = new Schedule({ nowMs: 0, timeoutMs: 1_000 });
    schedule.add({ id: 'fast', peer: '1', periodMs: 1_000 }, 0);
    schedule.add({ id: 'slow alarm', peer: '2', periodMs: 60_000, alarm: true }, 0);
    schedule.add({ id: 'alarm', peer: '3', periodMs: 5_000, alarm: true }, 0);
    const order = [schedule.next(0), schedule.next(0), schedule.next(0)];
    expect(order).toMatchObject([{ id: 'alarm' }, { id: 'slow alarm' }, { id: 'fast' }]);
    expect(schedule.next(0)).toEqual({ kind: 'wait', untilMs: 1_000 });
  });

  test('a reading that nobody waits behind is given all the time that the line allows', () => {
    const schedule = new Schedule({ nowMs: 0, timeoutMs: 1_000 });
    schedule.add({ id: 'a', peer: '1', periodMs: 10_000 }, 0);
    expect(schedule.next(0)).toMatchObject({ id: 'a', patient: true });
    schedule.add({ id: 'b', peer: '2', periodMs: 10_000 }, 500);
    schedule.add({ id: 'c', peer: '3', periodMs: 10_000 }, 600);
    expect(schedule.next(600)).toMatchObject({ id: 'b', patient: false });
    expect(schedule.next(700)).toMatchObject({ id: 'c', patient: true });
  });

  test('on a line that is too full everybody is read, all alike', () => {
    const readings = simulateLine(
      devices(10, () => ({ readingMs: 300 })),
      { durationMs: 60_000 },
    );
    const counts = devices(10, () => ({})).map(
      ({ name }) => readings.filter((reading) => reading.name === name).length,
    );
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  });
});

describe('devices that do not answer', () => {
  test('3 dead of 10 cost at most 5 % of a full line', () => {
    const some = devices(10, (i) => ({ readingMs: 150, answers: i < 3 ? never : always }));
    const durationMs = 600_000;
    const readings = simulateLine(some, { durationMs });
    expect(costMs(readings, startMs) / (durationMs - startMs)).toBeLessThanOrEqual(0.05);
    for (const { name } of some) expect(readings.some((one) => one.name === name)).toBe(true);
  });

  test('any that die among others: at most 5 %, found within 10 s, nobody else misses', () => {
    const lives = fc.array(
      fc.record({ diesMs: fc.integer({ min: 60_000, max: 120_000 }), deadMs: fc.nat(120_000) }),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(lives, fc.integer({ min: 3, max: 9 }), (dying, soundCount) => {
        const some = devices(dying.length + soundCount, (i) => {
          const life = dying[i];
          if (life === undefined) return {};
          const { diesMs, deadMs } = life;
          return { answers: (atMs) => atMs < diesMs || atMs >= diesMs + deadMs };
        });
        const durationMs = 300_000;
        const readings = simulateLine(some, { durationMs });
        expect(costMs(readings, 0) / durationMs).toBeLessThanOrEqual(0.05);
        for (const [i, { name }] of some.entries()) {
          const life = dying[i];
          if (life === undefined) {
            expect(missed(readings, name, 0)).toBe(0);
            continue;
          }
          const againMs = life.diesMs + life.deadMs;
          const found = readings.find(
            (one) => one.name === name && one.startedMs >= againMs && one.answered,
          );
          expect(found?.endedMs).toBeLessThanOrEqual(againMs + 10_000);
        }
      }),
      seeded,
    );
  });

  test('one that answers every second time costs no more than one that is dead', () => {
    let count = 0;
    const some = devices(10, (i) => ({
      readingMs: 90,
      ...(i === 0 ? { answers: () => count++ % 2 === 0 } : {}),
    }));
    const durationMs = 600_000;
    const readings = simulateLine(some, { durationMs });
    expect(costMs(readings, startMs) / (durationMs - startMs)).toBeLessThanOrEqual(0.05);
  });

  test('30 dead ones wait for idle time, and are all tried', () => {
    const some = devices(40, (i) => ({ periodMs: 10_000, answers: i < 30 ? never : always }));
    const durationMs = 600_000;
    const readings = simulateLine(some, { durationMs });
    for (const { name } of some.slice(0, 30)) {
      const tries = readings.filter((one) => one.name === name && one.startedMs > 60_000);
      expect(tries.length).toBeGreaterThan(50);
    }
    for (const { name } of some.slice(30)) expect(missed(readings, name, 60_000)).toBe(0);
  });

  test('one that became slow is given time where the line is idle', () => {
    const [step] = [new Schedule({ nowMs: 0, timeoutMs: 1_000 })].map((schedule) => {
      schedule.add({ id: 'a', peer: '1', periodMs: 1_000 }, 0);
      let nowMs = 0;
      for (;;) {
        const next = schedule.next(nowMs);
        if (next.kind === 'wait') {
          nowMs = Math.max(next.untilMs, nowMs + 1);
          continue;
        }
        if (next.patient) return { ...next, nowMs };
        const attempt = { answered: false, patient: false, restMs: 1_000 };
        schedule.ended(next.id, { ...attempt, startedMs: nowMs, endedMs: nowMs + 100 });
        nowMs += 100;
      }
    });
    expect(step?.nowMs).toBeLessThanOrEqual(120_000);
  });

  test('a reading that failed is made good soon where the next instant is far', () => {
    const quarterMs = 900_000;
    const [late, ...others] = simulateLine(
      [
        device('a', { periodMs: quarterMs, answers: (atMs) => atMs > 20_000 }),
        device('b', { periodMs: quarterMs }),
      ],
      { durationMs: quarterMs - 1 },
    ).filter(({ name, answered }) => name === 'a' && answered);
    expect(late?.endedMs).toBeLessThanOrEqual(30_000);
    expect(others).toEqual([]);
  });
});

test('tasks of one device are well or ill together', () => {
  const schedule = new Schedule({ nowMs: 0, timeoutMs: 1_000 });
  schedule.add({ id: 'power', peer: '1', periodMs: 1_000 }, 0);
  schedule.add({ id: 'energy', peer: '1', periodMs: 60_000 }, 0);
  schedule.add({ id: 'other', peer: '2', periodMs: 1_000 }, 0);
  expect(schedule.next(0)).toMatchObject({ id: 'power' });
  const failed = { answered: false, patient: false, startedMs: 0, endedMs: 900, restMs: 1_000 };
  schedule.ended('power', failed);
  expect(schedule.next(900)).toMatchObject({ kind: 'read', id: 'other' });
  expect(schedule.next(900)).toMatchObject({ kind: 'wait', untilMs: 1_000 });
});
