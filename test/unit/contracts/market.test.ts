// SPDX-License-Identifier: Apache-2.0
// Windows of the market: on the clock, each demand in one, exact totals; held against a slow twin that
// looks at all demands at once.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tradeClasses } from '../../../base/trade.ts';
import { tradeLimits } from '../../../base/trade-limits.ts';
import {
  addDemand,
  closeMarket,
  type Demanded,
  isMarketFull,
  type Market,
  quietMarket,
} from '../../../contracts/market.ts';
import {
  decodeMarketWindow,
  encodeMarketWindow,
  type MarketWindow,
} from '../../../contracts/market-window.ts';

const windowMs = 15 * 60_000;
const day = Date.UTC(2026, 0, 5);

const demand: Demanded = { tradeClass: 'ordinary-supply', direction: 'buy', energyWh: 1_000 };
const at = (clock: string): number => Date.parse(`2026-01-05T${clock}Z`);

function windowOf(bytes: Uint8Array): MarketWindow {
  const window = decodeMarketWindow(bytes);
  if (!window.ok) throw new Error(window.detail);
  return window.value;
}

/** What a log with these demands, each at its time, says of its windows by the end. */
function run(
  demands: readonly (readonly [timeMs: number, demand: Demanded])[],
  options: { readonly endMs: number; readonly windowMs?: number },
): readonly MarketWindow[] {
  const length = { windowMs: options.windowMs ?? windowMs };
  const windows: MarketWindow[] = [];
  let market: Market = quietMarket;
  const close = (timeMs: number) => {
    const closing = closeMarket(market, { timeMs, ...length });
    market = closing.market;
    if (closing.closed !== undefined) windows.push(windowOf(closing.closed));
  };
  for (const [timeMs, one] of demands) {
    close(timeMs);
    market = addDemand(market, one, { timeMs, ...length });
  }
  close(options.endMs);
  return windows;
}

const countOf = ({ totals }: MarketWindow) => totals.reduce((sum, { count }) => sum + count, 0);

describe('windows of 15 minutes', () => {
  test('requests at 00:01, 00:14 and 00:16: two in the first, one in the next', () => {
    const times = ['00:01:00', '00:14:00', '00:16:00'].map((clock) => [at(clock), demand] as const);
    const windows = run(times, { endMs: at('00:30:00') });
    expect(windows.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
      [day, at('00:15:00')],
      [at('00:15:00'), at('00:30:00')],
    ]);
    expect(windows.map(countOf)).toEqual([2, 1]);
    expect(windows[0]?.totals.map(({ tradeClass }) => tradeClass)).toEqual([...tradeClasses]);
  });

  test.each([
    ['00:14:59.999', 0],
    ['00:15:00.000', 1],
  ])('%s belongs to window %i', (clock, index) => {
    const [only] = run([[at(clock), demand]], { endMs: at('01:00:00') });
    expect(only?.startMs).toBe(day + index * windowMs);
  });

  test('each class has its count, and what is bought and sold apart', () => {
    const said: readonly Demanded[] = [
      { tradeClass: 'direct-purchase', direction: 'buy', energyWh: 5 },
      { tradeClass: 'direct-purchase', direction: 'sell', energyWh: 7 },
      { tradeClass: 'auxiliary-service', direction: 'sell', energyWh: 11 },
    ];
    const demands = said.map((one) => [at('12:00:00'), one] as const);
    const [window] = run(demands, { endMs: at('12:15:00') });
    expect(window?.totals).toEqual([
      { tradeClass: 'direct-purchase', count: 2, buyWh: 5, sellWh: 7 },
      { tradeClass: 'ordinary-supply', count: 0, buyWh: 0, sellWh: 0 },
      { tradeClass: 'auxiliary-service', count: 1, buyWh: 0, sellWh: 11 },
    ]);
  });

  test('it is open until its end and no longer, and one without a demand is not told', () => {
    expect(run([[at('00:01:00'), demand]], { endMs: at('00:14:59.999') })).toEqual([]);
    expect(run([[at('00:01:00'), demand]], { endMs: at('00:15:00') })).toHaveLength(1);
    expect(run([[at('00:01:00'), demand]], { endMs: at('23:00:00') })).toHaveLength(1);
    expect(run([], { endMs: at('23:00:00') })).toEqual([]);
  });

  test('a clock that went back opens none again', () => {
    const times = ['00:16:00', '00:01:00', '00:31:00', '00:02:00'];
    const windows = run(
      times.map((clock) => [at(clock), demand] as const),
      {
        endMs: at('01:00:00'),
      },
    );
    expect(windows.map((one) => [one.startMs - day, countOf(one)])).toEqual([
      [windowMs, 2],
      [2 * windowMs, 2],
    ]);
    const after = { closedUpTo: day / windowMs + 2, open: undefined };
    const late = addDemand(after, demand, { timeMs: at('00:01:00'), windowMs });
    expect(late.open?.number).toBe(after.closedUpTo);
  });

  test('is full at its bound, and exact up to there', () => {
    const counted = tradeLimits.demandsPerWindowMax - 1;
    const { energyWhMax: energyWh } = tradeLimits;
    const most = { ...demand, energyWh };
    let market = addDemand(quietMarket, most, { timeMs: day, windowMs });
    const totals = market.open?.totals.map((total) =>
      total.count === 1 ? { ...total, count: counted, buyWh: counted * energyWh } : total,
    );
    market = { ...market, open: { number: day / windowMs, totals: totals ?? [] } };
    expect(isMarketFull(market)).toBe(false);
    market = addDemand(market, most, { timeMs: day, windowMs });
    expect(isMarketFull(market)).toBe(true);
    const { closed } = closeMarket(market, { timeMs: day + windowMs, windowMs });
    const sum = BigInt(windowOf(closed ?? new Uint8Array()).totals[1]?.buyWh ?? 0);
    expect(sum).toBe(BigInt(energyWh) * BigInt(counted + 1));
  });
});

test('every demand is in the one window of its time, for any length of window', () => {
  const demands = fc.array(
    fc.record({
      afterMs: fc.nat(40 * 60_000),
      tradeClass: fc.constantFrom(...tradeClasses),
      direction: fc.constantFrom('buy', 'sell'),
      energyWh: fc.nat(tradeLimits.energyWhMax),
    }),
    { maxLength: 40 },
  );
  const lengths = fc.constantFrom(5_000, 60_000, 300_000, windowMs, 3_600_000, 86_400_000);
  fc.assert(
    fc.property(demands, lengths, (given, length) => {
      let timeMs = day;
      const timed = given.map(({ afterMs, ...one }) => {
        timeMs += afterMs;
        return [timeMs, one] as const;
      });
      const windows = run(timed, { endMs: timeMs + length, windowMs: length });
      // The twin: each window from all demands.
      const starts = [...new Set(timed.map(([ms]) => ms - (ms % length)))];
      const expected = starts.map((startMs) => ({
        ...{ kind: 'market-window', startMs, endMs: startMs + length },
        totals: tradeClasses.map((tradeClass) => {
          const own = timed.filter(
            ([ms, one]) => ms >= startMs && ms < startMs + length && one.tradeClass === tradeClass,
          );
          const sum = (direction: string) =>
            own.reduce((all, [, d]) => all + (d.direction === direction ? d.energyWh : 0), 0);
          return { tradeClass, count: own.length, buyWh: sum('buy'), sellWh: sum('sell') };
        }),
      }));
      expect(windows).toEqual(expected);
    }),
    { seed: 130, numRuns: 200 },
  );
});

test('a window is read in its one form alone', () => {
  const totals = tradeClasses.map((tradeClass) => ({ tradeClass, count: 0, buyWh: 0, sellWh: 0 }));
  const window = { kind: 'market-window', startMs: 0, endMs: windowMs, totals } as const;
  expect(windowOf(encodeMarketWindow(window))).toEqual(window);
  expect(() => encodeMarketWindow({ ...window, totals: totals.toReversed() })).toThrow();
  expect(() => encodeMarketWindow({ ...window, totals: totals.slice(1) })).toThrow();
  expect(() => encodeMarketWindow({ ...window, endMs: 0 })).toThrow();
});
