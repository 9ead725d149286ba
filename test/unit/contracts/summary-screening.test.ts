// SPDX-License-Identifier: Apache-2.0
// What is counted and what is not, by example: screening, and the ways of counters. Windows are
// 10 s with 5 s of grace, readings come each second, power in 0.1 W, energy in Wh.

import { describe, expect, test } from 'vitest';
import { quality } from '../../../base/quality.ts';
import {
  batch,
  closing,
  energy,
  type Given,
  ledgerOf,
  pack,
  power,
  schemaEntry,
  schemaOf,
  start,
  summaryOf,
  ten,
} from './ledger.ts';

describe('screening', () => {
  const limited = { ...power, min: -1_000, max: 1_000, maxStepPerSecond: 100 };

  test('out of range: by the schema’s range, and by the gateway’s code', () => {
    expect(summaryOf(limited, 10, 1_001, -1_001, [12, quality.outOfRange], 14)).toMatchObject({
      count: 2,
      max: 14,
      screened: [3, 0, 0, 0],
      reason: 'out-of-range, not-received',
    });
  });

  test('duplicate: the same device and time', () => {
    const { ledger, meter } = ledgerOf(power);
    const packs = ten.map((mantissa, i) => pack(meter, start + 1_000 * i, mantissa));
    ledger.block(start + 10_000, batch(...packs, pack(meter, start + 3_000, 999)), batch(...packs));
    expect(ledger.summaries(closing)).toMatchObject([
      { count: 10, max: 110, screened: [0, 11, 0, 0], quality: 'validated' },
    ]);
  });

  test('stale: as the gateway says', () => {
    expect(summaryOf(power, 10, [10, quality.stale], 11)).toMatchObject({
      count: 2,
      screened: [0, 0, 1, 0],
    });
  });

  test('spike: one lonely value', () => {
    expect(summaryOf(limited, 10, 20, 900, 30, 40)).toMatchObject({
      count: 4,
      max: 40,
      screened: [0, 0, 0, 1],
    });
  });

  test('a step that stays is believed at its second reading', () => {
    expect(summaryOf(limited, 10, 900, 910, 920)).toMatchObject({
      count: 3,
      max: 920,
      screened: [0, 0, 0, 1],
    });
  });

  test('what a device flags is counted, and not validated', () => {
    const flagged: Given = [107, quality.deviceFlagged];
    expect(summaryOf(power, ...ten.with(7, 0), flagged)).toMatchObject({ count: 10 });
    const summary = summaryOf(power, ...ten.slice(0, 7), flagged, ...ten.slice(8));
    expect(summary).toMatchObject({ count: 10, quality: 'estimated', reason: 'device-flagged' });
  });

  test('readings by a clock that was never set are not validated', () => {
    const { ledger, meter } = ledgerOf(power);
    const packs = ten.map((mantissa, i) => ({
      ...pack(meter, start + 1_000 * i, mantissa),
      clock: { state: 'unset' as const, errorMs: null },
    }));
    ledger.block(start + 10_000, batch(...packs));
    expect(ledger.summaries(closing)).toMatchObject([
      { quality: 'estimated', reason: 'clock-unset' },
    ]);
  });
});

describe('counters', () => {
  const limited = { ...energy, max: 999, maxStepPerSecond: 10 };

  test('a delta is carried across windows', () => {
    const { ledger, meter } = ledgerOf(energy);
    ledger.block(start + 9_500, batch(pack(meter, start + 9_000, 1_000)));
    expect(ledger.summaries(closing)).toMatchObject([{ delta: null }]);
    ledger.block(
      closing,
      batch(pack(meter, start + 10_000, 1_003), pack(meter, start + 19_000, 1_010)),
    );
    expect(ledger.summaries(closing + 10_000)).toMatchObject([
      { delta: 10, reason: 'not-received' },
    ]);
  });

  test('over windows without a reading, and says so', () => {
    const { ledger, meter } = ledgerOf(energy);
    ledger.block(start + 9_500, batch(pack(meter, start + 9_000, 1_000)));
    const packs = ten.map((_, i) => pack(meter, start + 30_000 + 1_000 * i, 2_000 + i));
    const all = [start + 40_000, start + 45_000].flatMap((timeMs) =>
      ledger.summaries(timeMs, batch(...packs.splice(0))),
    );
    expect(all.map(({ delta, reason }) => [delta, reason])).toEqual([
      [null, 'not-received'],
      [null, 'not-received'],
      [null, 'not-received'],
      [1_009, 'carried-over'],
    ]);
  });

  test('rollover', () => {
    expect(summaryOf(limited, 995, 997, 999, 2, 4, 6, 8, 10, 12, 14)).toMatchObject({
      delta: 19,
      events: [['rollover', start + 3_000]],
      quality: 'validated',
    });
  });

  test('reset: believed at the second reading, what was counted before and after is kept', () => {
    expect(summaryOf({ ...limited, max: null }, 500, 502, 504, 0, 1, 3)).toMatchObject({
      count: 5,
      delta: 4 + 2,
      events: [['reset', start + 4_000]],
      screened: [0, 0, 0, 1],
      reason: 'reset, spike, not-received',
    });
  });

  test('a counter that reads 0 once loses nothing', () => {
    expect(summaryOf({ ...energy }, 500, 502, 0, 504, 506)).toMatchObject({
      count: 4,
      delta: 6,
      events: [],
      screened: [0, 0, 0, 1],
    });
  });

  test('a leap upwards is no energy', () => {
    expect(
      summaryOf({ ...energy, maxStepPerSecond: 10 }, 5, 6, 1e12, 1e12 + 1, 1e12 + 2),
    ).toMatchObject({
      delta: 1 + 1,
      events: [['reset', start + 3_000]],
    });
  });

  test('a reset between two windows', () => {
    const { ledger, meter } = ledgerOf(energy);
    ledger.block(start + 9_500, batch(pack(meter, start + 9_000, 500)));
    ledger.block(
      closing,
      batch(...[3, 4, 5].map((mantissa, i) => pack(meter, start + 10_000 + 1_000 * i, mantissa))),
    );
    expect(ledger.summaries(closing + 10_000)).toMatchObject([
      { count: 2, delta: 1, events: [['reset', start + 11_000]] },
    ]);
  });

  test('meter swap: another definition, line or unit of the same device', () => {
    for (const change of [{ definition: 'chint-ddsu666' }, { line: 'rtu' }, { unitId: 2 }]) {
      const { ledger, meter } = ledgerOf(energy);
      const other = schemaEntry(2, schemaOf([energy], change));
      ledger.block(
        start + 5_000,
        batch(...[900, 901, 902].map((m, i) => pack(meter, start + 1_000 * i, m))),
      );
      ledger.block(
        start + 8_000,
        other,
        batch(pack(other, start + 6_000, 5), pack(other, start + 7_000, 9)),
      );
      expect(ledger.summaries(closing)).toMatchObject([
        {
          count: 5,
          first: 900,
          last: 9,
          delta: 2 + 4,
          events: [['meter-swap', start + 6_000]],
          reason: 'meter-swap, not-received',
        },
      ]);
    }
  });
});
