// SPDX-License-Identifier: Apache-2.0
// What every store of the history does, whatever database it is.

import { describe, expect, test } from 'vitest';
import type { Summary } from '../../../contracts/summary.ts';
import { encodeSummary } from '../../../contracts/summary.ts';
import { type HistoryRow, historyRowOf } from '../../../dispatch/history/history-row.ts';
import type {
  HistoryQuery,
  HistoryStore,
  Register,
} from '../../../dispatch/history/history-store.ts';
import { startMs, summaryOf, windowMs } from './fake-chain.ts';

export const chainId = new Uint8Array(32).fill(7);

export function rowOf(
  height: number,
  changed: Partial<Summary> = {},
  at: { readonly outputIndex?: number; readonly chainId?: Uint8Array } = {},
): HistoryRow {
  const summary = summaryOf({ windowStartMs: startMs + height * windowMs, ...changed });
  return historyRowOf({ chainId, height, outputIndex: 0, ...at }, encodeSummary(summary));
}

export function everything(changed: Partial<HistoryQuery> = {}): HistoryQuery {
  return {
    chainId,
    fromMs: 0,
    toMs: Number.MAX_SAFE_INTEGER,
    devices: 'all',
    obis: undefined,
    allRevisions: true,
    after: undefined,
    countMax: 1_000,
    ...changed,
  };
}

export async function addAll(store: HistoryStore, rows: readonly HistoryRow[]): Promise<void> {
  const { sequence } = await store.position();
  const to = { sequence: sequence + 1, hash: new Uint8Array(32).fill(sequence) };
  expect(await store.add({ from: sequence, to, rows })).toBe('added');
}

/** @param open an empty store, for each test. */
export function historyContract(name: string, open: () => Promise<HistoryStore>): void {
  describe(`a history in ${name}`, () => {
    keeping(open);
    asking(open);
    naming(open);
  });
}

/** What was put in is there, to the last digit. */
function keeping(open: () => Promise<HistoryStore>): void {
  test('starts before the first message, and keeps where it is', async () => {
    const store = await open();
    expect(await store.position()).toEqual({ sequence: 0, hash: null });
    const to = { sequence: 12, hash: new Uint8Array(32).fill(1) };
    await store.add({ from: 0, to, rows: [] });
    expect(await store.position()).toEqual(to);
  });

  test('gives back what was put in, to the last digit and event', async () => {
    const store = await open();
    const most = Number.MAX_SAFE_INTEGER;
    const rows = [
      rowOf(1, {
        first: -most,
        last: most,
        min: -most,
        max: most,
        exponent: 18,
        delta: 2 * 4e15,
      }),
      rowOf(2, { exponent: -24, meanExponent: -24, mean: most, first: 1, last: -1, delta: 0 }),
      rowOf(3, { exponent: -2, first: 12_300, last: 0, min: 0, max: 12_300 }),
      rowOf(4, {
        ...{ count: 0, first: null, last: null, min: null, max: null, mean: null, delta: null },
        ...{ quality: 'missing', reason: '\'; DROP TABLE summary; -- ü \u{1f50c} \0 \\ " {' },
        missing: [[startMs + 4 * windowMs, startMs + 5 * windowMs]],
        screened: [1, 2, 3, most],
        events: [
          ['rollover', startMs],
          ['meter-swap', most],
        ],
      }),
      rowOf(5, { device: '{a,"b"}', obis: 'NULL', unit: '', definition: '\\' }),
    ];
    await addAll(store, rows);
    expect(await store.query(everything())).toEqual(rows);
  });

  test('an output that comes again changes nothing', async () => {
    const store = await open();
    const rows = [rowOf(1), rowOf(2)];
    await addAll(store, rows);
    await addAll(store, [rowOf(2), rowOf(1), rowOf(1)]);
    expect(await store.query(everything())).toEqual(rows);
  });

  test('throws everything away, and starts anew', async () => {
    const store = await open();
    await addAll(store, [rowOf(1)]);
    await store.clear();
    expect(await store.query(everything())).toEqual([]);
    expect(await store.position()).toEqual({ sequence: 0, hash: null });
    await addAll(store, [rowOf(1)]);
    expect(await store.query(everything())).toHaveLength(1);
  });

  test('keeps times that no calendar knows, and lists them where they belong', async () => {
    const store = await open();
    const last = Math.floor(Number.MAX_SAFE_INTEGER / windowMs) * windowMs;
    const times = [0, Date.UTC(1999, 11, 31, 23, 45), Date.UTC(2000, 0, 1), startMs, last];
    const rows = times.map((windowStartMs, i) => rowOf(i, { windowStartMs }));
    await addAll(store, rows.toReversed());
    expect(await store.query(everything())).toEqual(rows);
    expect(await store.query(everything({ fromMs: 1, toMs: last }))).toEqual(rows.slice(1, 4));
  });
}

/** What is asked for is found, and nothing else. */
function asking(open: () => Promise<HistoryStore>): void {
  test('pages on both sides of a turn of the year without a gap or a repeat', async () => {
    const store = await open();
    const turn = Date.UTC(2027, 0, 1);
    const rows = Array.from({ length: 40 }, (_, i) =>
      rowOf(i >> 1, { windowStartMs: turn + ((i >> 1) - 10) * windowMs }, { outputIndex: i & 1 }),
    );
    await addAll(store, rows);
    const [{ device, obis }] = rows as [HistoryRow];
    for (const asked of [{}, { devices: new Set([device]), obis }]) {
      const seen: HistoryRow[] = [];
      for (;;) {
        const page = await store.query(everything({ ...asked, after: seen.at(-1), countMax: 3 }));
        seen.push(...page);
        if (page.length < 3) break;
      }
      expect(seen).toEqual(rows);
    }
  });

  test('finds by chain, device, register and time', async () => {
    const store = await open();
    const rows = [
      rowOf(1, { device: 'a' }),
      rowOf(2, { device: 'b' }),
      rowOf(3, { device: 'a', obis: '1-0:2.8.0*255' }),
    ];
    const other = rowOf(1, {}, { chainId: new Uint8Array(32) });
    await addAll(store, [...rows, other]);
    const [first, second, third] = rows;
    expect(await store.query(everything({ devices: new Set(['a']) }))).toEqual([first, third]);
    expect(await store.query(everything({ devices: new Set(['b', 'c']) }))).toEqual([second]);
    expect(await store.query(everything({ devices: new Set() }))).toEqual([]);
    expect(await store.query(everything({ obis: '1-0:2.8.0*255' }))).toEqual([third]);
    const fromMs = startMs + 2 * windowMs;
    expect(await store.query(everything({ fromMs, toMs: fromMs + 1 }))).toEqual([second]);
    expect(await store.query(everything({ chainId: new Uint8Array(32) }))).toEqual([other]);
  });

  test('shows the latest revision, or all', async () => {
    const store = await open();
    const rows = [0, 1, 2].map((revision) =>
      rowOf(revision + 5, { windowStartMs: startMs, revision }),
    );
    const alone = rowOf(9);
    await addAll(store, [...rows, alone]);
    expect(await store.query(everything({ allRevisions: false }))).toEqual([rows[2], alone]);
    expect(await store.query(everything())).toEqual([...rows, alone]);
  });

  test('drops what starts before a time, and nothing else', async () => {
    const store = await open();
    const times = [0, Date.UTC(2025, 5, 30), startMs, startMs + windowMs, startMs + 2 * windowMs];
    const rows = times.map((windowStartMs, i) => rowOf(i, { windowStartMs }));
    await addAll(store, rows);
    await store.dropBefore(startMs + windowMs);
    expect(await store.query(everything())).toEqual(rows.slice(3));
    await addAll(store, rows);
    expect(await store.query(everything())).toEqual(rows);
  });
}

/** Which registers a chain has. */
function naming(open: () => Promise<HistoryStore>): void {
  test('names the registers of a chain, or of a device, one after the other', async () => {
    const store = await open();
    const rows = [
      rowOf(1, { device: 'b', obis: 'y' }),
      rowOf(2, { device: 'a', obis: 'z' }),
      rowOf(3, { device: 'a', obis: '' }),
      rowOf(4, { device: 'b', obis: 'y' }),
      rowOf(5, { device: 'c', obis: 'x' }),
    ];
    await addAll(store, [...rows, rowOf(1, { device: 'd' }, { chainId: new Uint8Array(32) })]);
    const named = async (device?: string) => {
      const found: string[] = [];
      let after: Register | undefined;
      for (;;) {
        after = await store.registerBehind({ chainId, device, after });
        if (after === undefined) return found;
        found.push(`${after.device} ${after.obis}`);
      }
    };
    expect(await named()).toEqual(['a ', 'a z', 'b y', 'c x']);
    expect(await named('a')).toEqual(['a ', 'a z']);
    expect(await named('d')).toEqual([]);
  });
}
