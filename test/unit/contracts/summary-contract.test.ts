// SPDX-License-Identifier: Apache-2.0
// The summary contract by example: one situation a test, to be checked by hand. Windows are 10 s
// with 5 s of grace, readings come each second, power in 0.1 W, energy in Wh.

import { describe, expect, test } from 'vitest';
import { InvariantError } from '../../../base/assert.ts';
import { toHex } from '../../../base/bytes.ts';
import { toSequence } from '../../../base/ids.ts';
import { quality } from '../../../base/quality.ts';
import { summaryContract } from '../../../contracts/summary-contract.ts';
import {
  batch,
  closing,
  energy,
  type Given,
  gateway,
  Ledger,
  ledgerOf,
  pack,
  power,
  schemaEntry,
  schemaOf,
  start,
  summaryOf,
  ten,
  windows,
} from './ledger.ts';

describe('a complete window', () => {
  test('states count, first, last, min, max and mean of a value', () => {
    expect(summaryOf(power, ...ten)).toEqual({
      kind: 'summary',
      device: 'meter-1',
      obis: '1-0:16.7.0*255',
      unit: 'W',
      exponent: -1,
      windowStartMs: start,
      windowMs: 10_000,
      revision: 0,
      count: 10,
      expectedCount: 10,
      missing: [],
      first: 100,
      last: 110,
      min: 100,
      max: 110,
      mean: 104_600,
      meanExponent: -4,
      delta: null,
      quality: 'validated',
      reason: '',
      screened: [0, 0, 0, 0],
      events: [],
      definition: 'eastron-sdm630',
    });
  });

  test('states what a counter counted', () => {
    expect(summaryOf(energy, ...ten)).toMatchObject({ delta: 10, quality: 'validated' });
  });

  test('closes at the first block at or after its end and grace, once', () => {
    const { ledger, meter } = ledgerOf(power);
    ledger.block(start + 9_500, batch(pack(meter, start + 9_000, 1)));
    expect(ledger.summaries(closing - 1)).toEqual([]);
    expect(ledger.summaries(closing)).toHaveLength(1);
    expect(ledger.summaries(closing + 1)).toEqual([]);
  });

  test('a pack belongs to the window of its own time, not of the block', () => {
    const { ledger, meter } = ledgerOf(power);
    ledger.block(
      start + 10_001,
      batch(pack(meter, start + 9_999, 1), pack(meter, start + 10_000, 2)),
    );
    const all = [...ledger.summaries(closing), ...ledger.summaries(closing + 10_000)];
    expect(all.map(({ windowStartMs, first }) => [windowStartMs - start, first])).toEqual([
      [0, 1],
      [10_000, 2],
    ]);
  });

  test('local registers stay local', () => {
    const local = { ...power, obis: '1-0:14.7.0*255', class: 'local' as const };
    const { ledger, meter } = ledgerOf(local, power);
    ledger.block(start + 9_000, batch(pack(meter, start, 500, 7)));
    expect(ledger.summaries(closing)).toMatchObject([{ obis: power.obis, first: 7 }]);
  });
});

describe('what is missing', () => {
  test('a known device that is silent has a summary all the same', () => {
    const { ledger } = ledgerOf(power, energy);
    const all = ledger.summaries(closing);
    expect(all.map(({ obis }) => obis)).toEqual([power.obis, energy.obis]);
    expect(all[1]).toMatchObject({
      count: 0,
      expectedCount: 10,
      missing: [[start, start + 10_000]],
      first: null,
      mean: null,
      delta: null,
      quality: 'missing',
      reason: 'not-received',
    });
  });

  test('not for windows that began before its first schema', () => {
    const ledger = new Ledger(windows);
    ledger.block(start + 1, schemaEntry(1, schemaOf([power])));
    expect(ledger.summaries(closing)).toEqual([]);
    expect(ledger.summaries(closing + 10_000)).toHaveLength(1);
  });

  test('but for those with readings', () => {
    const ledger = new Ledger(windows);
    const meter = schemaEntry(1, schemaOf([power]));
    ledger.block(start + 6_000, meter, batch(pack(meter, start + 5_000, 1)));
    expect(ledger.summaries(closing)).toMatchObject([{ count: 1, expectedCount: 10 }]);
  });

  test('nulls make a hole, merged, with the reason of the worst', () => {
    const gone: Given = [quality.timeOut];
    const summary = summaryOf(power, 1, 1, gone, gone, 1, [quality.deviceException], 1, 1, 1, 1);
    expect(summary).toMatchObject({
      count: 7,
      missing: [
        [start + 2_000, start + 4_000],
        [start + 5_000, start + 6_000],
      ],
      quality: 'estimated',
      reason: 'device-exception',
    });
  });

  test('nothing but nulls is missing, never 0', () => {
    const gone: Given = [quality.timeOut];
    expect(summaryOf(energy, gone, gone)).toMatchObject({
      count: 0,
      min: null,
      delta: null,
      quality: 'missing',
      reason: 'time-out',
    });
  });

  test('jitter makes no hole', () => {
    const { ledger, meter } = ledgerOf(power);
    const times = [300, 1_250, 2_340, 3_290, 4_310, 5_300, 6_240, 7_360, 8_300, 9_290];
    ledger.block(start + 10_000, batch(...times.map((at) => pack(meter, start + at, 1))));
    expect(ledger.summaries(closing)).toMatchObject([{ missing: [], quality: 'validated' }]);
  });

  test('the gateway’s own word for a silence is the reason', () => {
    const { ledger, meter } = ledgerOf(power);
    ledger.block(start + 10_000, batch(pack(meter, start, 1)), {
      kind: 'gap',
      gateway,
      sequence: toSequence(2),
      device: 'meter-1',
      fromMs: start + 1_000,
      toMs: start + 9_000,
      reason: 'outbox-full',
      packCount: 8,
    });
    expect(ledger.summaries(closing)).toMatchObject([{ count: 1, reason: 'outbox-full' }]);
  });
});

describe('several schemas of one device', () => {
  test('groups of registers stand side by side, each with its period', () => {
    const { ledger, meter } = ledgerOf(power);
    const slow = schemaEntry(
      2,
      schemaOf([energy], { request: 'modbus fc=4 342+2', periodMs: 5_000 }),
    );
    ledger.block(start, slow);
    ledger.block(start + 6_000, batch(pack(meter, start + 1_000, 1), pack(slow, start + 1_000, 2)));
    expect(ledger.summaries(closing)).toMatchObject([
      { obis: power.obis, expectedCount: 10 },
      { obis: energy.obis, expectedCount: 2 },
    ]);
  });

  test('a newer one with the same register takes the older one’s place', () => {
    const { ledger, meter } = ledgerOf(energy);
    const newer = schemaEntry(2, schemaOf([energy, power], { periodMs: 2_000 }));
    ledger.block(start + 4_000, batch(pack(meter, start, 10), pack(meter, start + 1_000, 11)));
    ledger.block(start + 5_000, newer, batch(pack(newer, start + 4_500, 13, 7)));
    expect(ledger.summaries(closing)).toMatchObject([
      { obis: energy.obis, count: 3, expectedCount: 5, delta: 3, events: [] },
      { obis: power.obis, count: 1 },
    ]);
    expect(ledger.summaries(closing + 10_000)).toHaveLength(2);
  });

  test('a pack of the older one, read later, brings it back', () => {
    const { ledger, meter } = ledgerOf(power);
    const newer = schemaEntry(2, schemaOf([power, energy]));
    ledger.block(start + 1_000, newer);
    ledger.block(start + 3_000, batch(pack(meter, start + 2_000, 1)));
    expect(ledger.summaries(closing)).toHaveLength(1);
  });

  test('where the scale changed, the newer one alone is summed up', () => {
    const { ledger, meter } = ledgerOf(energy);
    const finer = schemaEntry(2, schemaOf([{ ...energy, exponent: -1 }]));
    ledger.block(start + 2_000, batch(pack(meter, start, 10), pack(meter, start + 1_000, 11)));
    ledger.block(
      start + 4_000,
      finer,
      batch(pack(finer, start + 3_000, 120), pack(finer, start + 3_900, 125)),
    );
    expect(ledger.summaries(closing)).toMatchObject([
      { exponent: -1, count: 2, first: 120, delta: 5, events: [] },
    ]);
  });
});

describe('determinism', () => {
  test('state carries everything: a new process goes on alike', () => {
    const one = new Ledger(windows);
    const meter = schemaEntry(1, schemaOf([power, energy]));
    const outputsOf = (fresh: boolean) => {
      const ledger = new Ledger(windows);
      ledger.block(start, meter);
      return Array.from({ length: 40 }, (_, i) => {
        const timeMs = start + 1_000 * i;
        const next = fresh ? Object.assign(new Ledger(windows), { state: ledger.state }) : ledger;
        return next.block(timeMs + 500, batch(pack(meter, timeMs, i, 2 * i))).map(toHex);
      });
    };
    expect(outputsOf(true)).toEqual(outputsOf(false));
    expect(outputsOf(false).flat().length).toBeGreaterThan(0);
    expect(one.contract).toMatchObject({ name: 'summary', version: '1' });
  });

  test('a window is a divisor of a day from 5 s', () => {
    for (const windowMs of [4_000, 7_000, 86_400_001, 10_000.5, 172_800_000]) {
      expect(() => summaryContract({ windowMs, graceMs: 0 })).toThrow(InvariantError);
    }
    expect(() => summaryContract({ windowMs: 5_000, graceMs: -1 })).toThrow(InvariantError);
    expect(summaryContract({ windowMs: 86_400_000, graceMs: 0 }).name).toBe('summary');
  });
});
