// SPDX-License-Identifier: Apache-2.0
// Late, early and leaping time, by example: revisions, and the bounds of state and outputs.
// Windows are 10 s with 5 s of grace, readings come each second, power in 0.1 W, energy in Wh.

import { describe, expect, test } from 'vitest';
import { decode } from '../../../base/cbor.ts';
import { limits } from '../../../base/limits.ts';
import {
  batch,
  closing,
  energy,
  Ledger,
  ledgerOf,
  pack,
  power,
  schemaEntry,
  schemaOf,
  start,
  summariesIn,
  windows,
} from './ledger.ts';

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

test('a counter’s last reading outlives its window', () => {
  const { ledger, meter } = ledgerOf(energy);
  ledger.block(start + 1_000, batch(pack(meter, start, 1_000)));
  const later = start + (limits.summaryWindowsKept + 10) * 10_000;
  ledger.block(later + 5_000);
  expect([...ledger.state.bytes.keys()]).not.toContain(`window/${start / 10_000}/meter-1`);
  ledger.block(later + 6_000, batch(pack(meter, later + 5_500, 1_700)));
  expect(ledger.summaries(later + 15_000)).toMatchObject([
    { delta: 700, reason: 'not-received, carried-over' },
  ]);
});
