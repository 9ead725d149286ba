// SPDX-License-Identifier: Apache-2.0
// Whether a schedule fits its lines: reckoned from bytes and baud, and what would make it fit.

import { describe, expect, test } from 'vitest';
import type { LineConfig, MeterConfig } from '../../../../agent/meter-config.ts';
import { type LinePlan, planLines } from '../../../../agent/plan/line-plan.ts';
import { planText } from '../../../../agent/plan/plan-text.ts';

const form = { parity: 'none', dataBits: 8, stopBits: 1 } as const;
const tty: LineConfig = {
  name: 'bus',
  timeoutMs: 1_000,
  deviceGapMs: 0,
  serial: '/dev/x',
  baudRate: 9600,
  ...form,
};
const meter = (more: Partial<MeterConfig> = {}): MeterConfig => ({
  name: 'main',
  meter: 'eastron-sdm630',
  line: 'bus',
  unit: 1,
  periodMs: 1_000,
  periods: [],
  ...more,
});
const meters = (count: number) =>
  Array.from({ length: count }, (_, i) => meter({ name: `meter-${i + 1}`, unit: i + 1 }));

function plan(line: LineConfig, some: readonly MeterConfig[], facts = {}): LinePlan {
  const [only] = planLines({ lines: [line], meters: some }, new Map([['bus', facts]]));
  if (only === undefined) throw new Error('a line has a plan');
  return only;
}

describe('time on the line', () => {
  test('two requests of an SDM630 at 9600 8N1', () => {
    // 8 + 53 and 8 + 41 bytes of 10 bits, two silences of 3.5 characters, two answers after 40 ms,
    // and 1 ms of the machine's own for each.
    const wireMs = ((8 + 53 + 8 + 41 + 2 * 3.5) * 10_000) / 9600;
    const [group] = plan(tty, [meter()]).groups;
    expect(group).toMatchObject({ requestCount: 2, periodMs: 1_000 });
    expect(group?.readingMs).toBeCloseTo(wireMs + 2 * 40 + 2, 6);
    expect(group?.share).toBeCloseTo((wireMs + 82) / 1_000, 6);
  });

  test('a parity bit makes every character longer, a faster line shorter', () => {
    const ms = (line: LineConfig) => plan(line, [meter()]).groups[0]?.readingMs ?? 0;
    expect(ms({ ...tty, parity: 'even' }) - 82).toBeCloseTo(1.1 * (ms(tty) - 82), 6);
    expect(ms({ ...tty, baudRate: 19_200 }) - 82).toBeCloseTo((ms(tty) - 82) / 2, 6);
  });

  test('what a SunSpec device takes is known once it was found, what it signs with it', () => {
    const asked = meter({ meter: 'sunspec', periods: [] });
    expect(plan(tty, [asked])).toMatchObject({ groups: [], unknown: ['main'] });
    const use = {
      reading: [[8, 105]],
      perMinute: [
        [8, 255],
        [8, 255],
      ],
    } as const;
    const facts = { 'unit 1': { latency: [], cuts: {}, wireUse: { 0: use } } };
    const { groups, unknown } = plan(tty, [asked], facts);
    expect(unknown).toEqual([]);
    expect(groups).toMatchObject([
      { meter: 'main', periodMs: 1_000, requestCount: 1 },
      { meter: 'main (signed)', periodMs: 60_000, requestCount: 2 },
    ]);
    const wireMs = (2 * (8 + 255 + 3.5) * 10_000) / 9600;
    expect(groups[1]?.readingMs).toBeCloseTo(wireMs + 2 * 40 + 2, 6);
  });

  test('a device that is left alone between answers takes longer', () => {
    const ms = (line: LineConfig) => plan(line, [meter()]).groups[0]?.readingMs ?? 0;
    expect(ms({ ...tty, deviceGapMs: 30 }) - ms(tty)).toBeCloseTo(30, 6);
  });

  test('Modbus TCP takes its round trips alone', () => {
    const { groups, place } = plan(
      { name: 'bus', timeoutMs: 1_000, deviceGapMs: 0, tcp: '192.0.2.1:502' },
      [meter()],
    );
    expect(place).toBe('192.0.2.1:502');
    expect(groups[0]?.readingMs).toBe(2 * (40 + 2 + 1));
  });

  test('what was measured counts, and is no assumption', () => {
    const latency = Array.from({ length: 14 }, (_, i) => (i === 13 ? 100 : 0));
    const measured = plan(tty, [meter()], { 'unit 1': { latency, cuts: {} } });
    const assumed = plan(tty, [meter()]);
    expect(measured.assumptions).toEqual([]);
    expect(assumed.assumptions).toHaveLength(1);
    expect(measured.share).toBeLessThan(assumed.share);
  });

  test('a group of registers is a reading of its own, and each has its period', () => {
    const { groups } = plan(tty, [
      meter({ periods: [{ registers: ['counter'], periodMs: 60_000 }] }),
    ]);
    expect(groups.map(({ periodMs }) => periodMs)).toEqual([60_000, 1_000]);
    expect(groups[0]?.share).toBeLessThan(0.01);
  });
});

describe('a schedule that does not fit', () => {
  test('names remedies that each suffice', () => {
    const { fits, share, remedies } = plan(tty, meters(6));
    expect(fits).toBe(false);
    expect(share).toBeGreaterThan(1.1);
    expect(remedies.map(({ kind }) => kind)).toEqual([
      'period-of-all',
      'group',
      'baud-rate',
      'second-line',
    ]);
    for (const remedy of remedies) expect(remedy.share).toBeLessThanOrEqual(0.9);
  });

  test('each remedy, done, fits', () => {
    const some = meters(6);
    for (const remedy of plan(tty, some).remedies) {
      if (remedy.kind === 'period-of-all') {
        const slower = some.map((one) => ({ ...one, periodMs: remedy.factor * one.periodMs }));
        expect(plan(tty, slower).share).toBeCloseTo(remedy.share, 6);
        expect(plan(tty, slower).fits).toBe(true);
      } else if (remedy.kind === 'baud-rate') {
        expect(plan({ ...tty, baudRate: remedy.baudRate }, some).fits).toBe(true);
      } else if (remedy.kind === 'group') {
        const periods = [{ registers: [remedy.registers], periodMs: remedy.periodMs }];
        expect(
          plan(
            tty,
            some.map((one) => ({ ...one, periods })),
          ).fits,
        ).toBe(true);
      } else if (remedy.kind === 'second-line') {
        expect(
          plan(
            tty,
            some.filter(({ name }) => !remedy.meters.includes(name)),
          ).fits,
        ).toBe(true);
        expect(
          plan(
            tty,
            some.filter(({ name }) => remedy.meters.includes(name)),
          ).fits,
        ).toBe(true);
      }
    }
  });

  test('one meter that is read too often is named, with a period that fits', () => {
    const greedy = meter({ name: 'greedy', periodMs: 200, unit: 9 });
    const some = [greedy, ...meters(1)];
    const remedy = plan(tty, some).remedies.find(({ kind }) => kind === 'period-of-one');
    expect(remedy).toMatchObject({ meter: 'greedy' });
    const periodMs = remedy?.kind === 'period-of-one' ? remedy.periodMs : 0;
    expect(plan(tty, [{ ...greedy, periodMs }, ...meters(1)]).share).toBeLessThanOrEqual(0.9);
  });

  test('one that is late while another is read is named, though there is time', () => {
    const slow = meter({ name: 'slow', meter: 'eastron-sdm630', periodMs: 60_000, unit: 2 });
    const fast = meter({ name: 'fast', meter: 'chint-ddsu666', periodMs: 200, unit: 3 });
    const { fits, share, blocked } = plan({ ...tty, baudRate: 19_200 }, [slow, fast]);
    expect(share).toBeLessThanOrEqual(0.9);
    expect(fits).toBe(false);
    expect(blocked).toMatchObject([{ meter: 'fast', by: 'slow' }]);
  });
});

test('the text says what to write', () => {
  const text = planText([plan(tty, meters(6))]);
  expect(text).toMatch(/^bus {2}\/dev\/x 9600 8N1: 122 % of its time, does not fit$/m);
  expect(text).toMatch(/^ {2}meter-1 {2}2 requests {2}204 ms {2}every 1 s {2}20 %$/m);
  expect(text).toMatch(/baudRate: 19200, set in every meter, too {2}→ \d\d %/);
  expect(planText([])).toBe('no lines are configured');
});
