// SPDX-License-Identifier: Apache-2.0
// The summary contract by example: one situation a test, small enough to be checked by hand. Windows are 10 s
// with 5 s of grace, readings come each second, power in 0.1 W, energy in Wh.

import { describe, expect, test } from 'vitest';
import { InvariantError } from '../../../base/assert.ts';
import { toHex } from '../../../base/bytes.ts';
import { decode } from '../../../base/cbor.ts';
import { toSequence } from '../../../base/ids.ts';
import { limits } from '../../../base/limits.ts';
import { quality } from '../../../base/quality.ts';
import type { ValueSchema } from '../../../base/schema.ts';
import type { Summary } from '../../../contracts/summary.ts';
import { summaryContract } from '../../../contracts/summary-contract.ts';
import {
  batch,
  energy,
  type Given,
  gateway,
  Ledger,
  pack,
  power,
  schemaEntry,
  schemaOf,
  summariesIn,
} from './ledger.ts';

const windows = { windowMs: 10_000, graceMs: 5_000 };
const start = 1_763_683_200_000;
const closing = start + 15_000;

/** A ledger that knows one meter since the window's start. */
function ledgerOf(...values: readonly ValueSchema[]) {
  const ledger = new Ledger(windows);
  const meter = schemaEntry(1, schemaOf(values));
  ledger.block(start, meter);
  return { ledger, meter };
}

/** The summary of one register that was read each second from the window's start. */
function summaryOf(value: ValueSchema, ...readings: readonly Given[]): Summary {
  const { ledger, meter } = ledgerOf(value);
  const packs = readings.map((given, i) => pack(meter, start + 1_000 * i, given));
  ledger.block(start + 10_000, batch(...packs));
  const [summary] = ledger.summaries(closing);
  return summary as Summary;
}

const ten = [100, 101, 102, 103, 104, 105, 106, 107, 108, 110];

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

describe('late and early packs', () => {
  test('a late pack makes a revision', () => {
    const { ledger, meter } = ledgerOf(power);
    ledger.block(start + 9_000, batch(pack(meter, start, 10)));
    expect(ledger.summaries(closing)).toMatchObject([{ revision: 0, count: 1 }]);
    const late = batch(pack(meter, start + 1_000, 12), pack(meter, start + 2_000, 14));
    expect(ledger.summaries(closing + 100, late)).toMatchObject([
      { revision: 1, count: 3, mean: 12_000, windowStartMs: start },
    ]);
    expect(ledger.summaries(closing + 200)).toEqual([]);
  });

  test('of a window that was missing, too', () => {
    const { ledger, meter } = ledgerOf(power);
    expect(ledger.summaries(closing)).toMatchObject([{ revision: 0, quality: 'missing' }]);
    expect(ledger.summaries(closing + 1, batch(pack(meter, start, 1)))).toMatchObject([
      { revision: 1, count: 1 },
    ]);
  });

  test('and of the next window, whose counter counts from there', () => {
    const { ledger, meter } = ledgerOf(energy);
    ledger.block(start + 11_000, batch(pack(meter, start, 100), pack(meter, start + 10_000, 130)));
    const all = ledger.summaries(start + 25_000);
    expect(all.map(({ delta }) => delta)).toEqual([null, 30]);
    const revised = ledger.summaries(start + 26_000, batch(pack(meter, start + 9_000, 125)));
    expect(revised.map(({ revision, delta }) => [revision, delta])).toEqual([
      [1, 25],
      [1, 5],
    ]);
  });

  test('packs from before the first schema’s block are summed up, not revised', () => {
    const ledger = new Ledger(windows);
    const meter = schemaEntry(1, schemaOf([power]));
    const old = batch(pack(meter, start - 20_000, 1));
    expect(ledger.summaries(start, meter, old)).toMatchObject([
      { revision: 0, windowStartMs: start - 20_000 },
    ]);
  });

  test('later than the windows kept is counted, and said', () => {
    const { ledger, meter } = ledgerOf(power);
    const later = start + (limits.summaryWindowsKept + 3) * 10_000;
    ledger.block(later);
    expect(ledger.summaries(later + 1, batch(pack(meter, start, 1)))).toEqual([]);
    const outputs = ledger.block(later + 15_000);
    const notice = outputs.map((bytes) => decode(bytes))[1];
    expect(notice).toEqual({
      ok: true,
      value: new Map<number, string | number>([
        [1, 'unplaced'],
        [2, 'meter-1'],
        [3, later],
        [4, 1],
        [5, 0],
      ]),
    });
  });

  test('an absurd future moves no window and leaves no state', () => {
    const { ledger, meter } = ledgerOf(power);
    ledger.block(start + 1_000, batch(pack(meter, start, 1)));
    const keys = [...ledger.state.bytes.keys()];
    const far = [Number.MAX_SAFE_INTEGER, start + 10 * limits.summaryAheadMsMax];
    const packs = Array.from({ length: 100 }, (_, i) => far.map((at) => pack(meter, at - i, 1)));
    expect(ledger.block(start + 2_000, batch(...packs.flat()))).toEqual([]);
    expect([...ledger.state.bytes.keys()]).toEqual(keys);
    const outputs = ledger.block(closing);
    expect(summariesIn(outputs)).toMatchObject([{ count: 1 }]);
    expect(outputs).toHaveLength(2);
  });

  test('state holds a bounded number of windows', () => {
    const { ledger, meter } = ledgerOf(power);
    for (let i = 0; i < limits.summaryWindowsKept + 20; i++) {
      ledger.block(start + 10_000 * i + 1, batch(pack(meter, start + 10_000 * i, i)));
    }
    const kept = [...ledger.state.bytes.keys()].filter((key) => key.startsWith('window/'));
    expect(kept.length).toBeLessThanOrEqual(limits.summaryWindowsKept + 3);
  });
});

describe('a leap of the chain’s time', () => {
  test('is made up for window by window', () => {
    const { ledger } = ledgerOf(power);
    expect(ledger.summaries(start + 3_600_000 + 5_000)).toHaveLength(360);
  });

  test('beyond the bound it is said once, and readings come out all the same', () => {
    const { ledger, meter } = ledgerOf(power);
    ledger.block(start + 1_000, batch(pack(meter, start, 1)));
    const leapMs = (limits.summaryCatchUpWindowsMax + 10) * 10_000;
    const outputs = ledger.block(start + leapMs + 5_000);
    expect(outputs[0] && decode(outputs[0])).toEqual({
      ok: true,
      value: new Map<number, string | number>([
        [1, 'skipped'],
        [2, start],
        [3, start + 100_000],
      ]),
    });
    const summaries = summariesIn(outputs);
    expect(summaries[0]).toMatchObject({ windowStartMs: start, revision: 0, count: 1 });
    expect(summaries).toHaveLength(1 + limits.summaryCatchUpWindowsMax);
  });

  test('a block puts out a bounded number, the next goes on', () => {
    const ledger = new Ledger(windows);
    const meters = ['a', 'b', 'c', 'd'].map((device, i) =>
      schemaEntry(i + 1, schemaOf([power, energy], { device })),
    );
    ledger.block(start, ...meters);
    const end = start + 1_500 * 10_000 + 5_000;
    const blocks = [0, 1, 2].map((i) => ledger.summaries(end + i));
    expect(blocks.map(({ length }) => length)).toEqual([
      limits.summaryOutputsPerBlockMax,
      3_808,
      0,
    ]);
    const seen = blocks
      .flat()
      .map(({ device, obis, windowStartMs }) => `${windowStartMs} ${device} ${obis}`);
    expect(new Set(seen).size).toBe(12_000);
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
