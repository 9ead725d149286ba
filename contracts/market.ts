// SPDX-License-Identifier: Apache-2.0
// Gathers demands into windows on the clock, UTC, and closes each with its totals. Time is that of the
// order, which all have alike. Invariant: a demand is counted in one window, and no window is closed twice.

import { assert } from '../base/assert.ts';
import { type TradeClass, type TradeDirection, tradeClasses } from '../base/trade.ts';
import { tradeLimits } from '../base/trade-limits.ts';
import { type ClassTotal, encodeMarketWindow } from './market-window.ts';
import { assertWindows, windowAt } from './window.ts';

export type Demanded = {
  readonly tradeClass: TradeClass;
  readonly direction: TradeDirection;
  readonly energyWh: number;
};

type OpenWindow = { readonly number: number; readonly totals: readonly ClassTotal[] };

/** Windows with a number below `closedUpTo` are over; `open` is undefined without a demand. */
export type Market = { readonly closedUpTo: number; readonly open: OpenWindow | undefined };

/** Time of the order, and how long a window is: any divisor of a day from 5 s. */
export type MarketTime = { readonly timeMs: number; readonly windowMs: number };

export const quietMarket: Market = Object.freeze({ closedUpTo: 0, open: undefined });

export function isMarketFull({ open }: Market): boolean {
  const count = open?.totals.reduce((sum, total) => sum + total.count, 0) ?? 0;
  return count >= tradeLimits.demandsPerWindowMax;
}

/** The market with one demand more; `closeMarket` was asked before for the same time. */
export function addDemand(market: Market, demand: Demanded, time: MarketTime): Market {
  const { energyWh, direction } = demand;
  assert(!isMarketFull(market), 'a full window takes no demand');
  assert(Number.isSafeInteger(energyWh) && energyWh >= 0, 'energy is a count of Wh');
  const now = numberAt(time);
  assert(market.open === undefined || market.open.number >= now, 'what is over is closed first');
  // A clock that went back goes on in the window that is open, or in the first that is not over.
  const number = market.open?.number ?? Math.max(now, market.closedUpTo);
  const totals = (market.open?.totals ?? noTotals).map((total) =>
    total.tradeClass === demand.tradeClass
      ? {
          ...total,
          count: total.count + 1,
          buyWh: total.buyWh + (direction === 'buy' ? energyWh : 0),
          sellWh: total.sellWh + (direction === 'sell' ? energyWh : 0),
        }
      : total,
  );
  return { closedUpTo: market.closedUpTo, open: { number, totals } };
}

/** Closes the window that is over by this time; `closed`: what is said of it. */
export function closeMarket(
  market: Market,
  time: MarketTime,
): { readonly market: Market; readonly closed: Uint8Array | undefined } {
  const { open } = market;
  if (open === undefined || open.number >= numberAt(time)) return { market, closed: undefined };
  const [startMs, endMs] = [open.number, open.number + 1].map((n) => n * time.windowMs);
  assert(startMs !== undefined && endMs !== undefined, 'a window has two ends');
  const closed = encodeMarketWindow({ kind: 'market-window', startMs, endMs, totals: open.totals });
  return { market: { closedUpTo: open.number + 1, open: undefined }, closed };
}

function numberAt({ timeMs, windowMs }: MarketTime): number {
  assertWindows({ windowMs, graceMs: 0 });
  return windowAt(timeMs, { windowMs, graceMs: 0 });
}

const noTotals: readonly ClassTotal[] = tradeClasses.map((tradeClass) => ({
  ...{ tradeClass, count: 0, buyWh: 0, sellWh: 0 },
}));
