// SPDX-License-Identifier: Apache-2.0
// Counts the demands on the log again, as the leaves come, and holds against that what each window that
// is over says. No clock is needed: the order of the leaves tells which demands a window took.

import { tradeClasses } from '../../base/trade.ts';
import type { MarketWindow } from '../../contracts/market-window.ts';
import type { Database, Row } from '../../host/sqlite.ts';
import type { Demand } from '../../sidechain/chain/demand.ts';
import { integerOf, textOf } from '../store/columns.ts';

export class MarketCopy {
  readonly #database: Database;
  readonly #windowMs: number;

  constructor(database: Database, windowMs: number) {
    this.#database = database;
    this.#windowMs = windowMs;
  }

  async demand(logIndex: number, demand: Demand): Promise<void> {
    const { tradeClass, direction, energyWh } = demand;
    const [buy, sell] = direction === 'buy' ? [energyWh, 0] : [0, energyWh];
    await this.#database.write([
      {
        sql: `INSERT INTO demand (log_index, trade_class, buy_wh, sell_wh) VALUES (?, ?, ?, ?)
          ON CONFLICT DO NOTHING`,
        params: [logIndex, tradeClass, buy, sell],
      },
    ]);
  }

  /** What is wrong with it; undefined where nothing is. */
  async window(logIndex: number, window: MarketWindow): Promise<string | undefined> {
    const { startMs, endMs, totals } = window;
    const [previous] = await this.#database.read(
      'SELECT log_index, end_ms FROM market_window WHERE log_index < ? ORDER BY log_index DESC LIMIT 1',
      [logIndex],
    );
    const from = previous === undefined ? 0 : integerOf(previous, 'log_index');
    const overMs = previous === undefined ? 0 : integerOf(previous, 'end_ms');
    const isCut = endMs - startMs === this.#windowMs && startMs % this.#windowMs === 0;
    const isOver = startMs < overMs;
    // Also one that does not hold ends here: the next is held against what came behind it.
    await this.#end(logIndex, isCut && !isOver ? endMs : overMs);
    if (!isCut) return `it is not a window of ${this.#windowMs} ms on the clock`;
    if (isOver) return 'it was over before';
    const counted = await this.#counted(from, logIndex);
    const isSame =
      (await this.#knowsFew(from)) || JSON.stringify(counted) === JSON.stringify(totals);
    return isSame ? undefined : `the demands since leaf ${from} make ${JSON.stringify(counted)}`;
  }

  async #end(logIndex: number, endMs: number): Promise<void> {
    await this.#database.write([
      {
        sql: 'INSERT INTO market_window (log_index, end_ms) VALUES (?, ?) ON CONFLICT DO NOTHING',
        params: [logIndex, endMs],
      },
    ]);
  }

  /** Of the leaves behind this one an older program has copied some, which counted no demands: nobody can tell. */
  async #knowsFew(after: number): Promise<boolean> {
    const [state] = await this.#database.read('SELECT market_from FROM state');
    return state !== undefined && after + 1 < integerOf(state, 'market_from');
  }

  async #counted(after: number, before: number): Promise<MarketWindow['totals']> {
    const rows = await this.#database.read(
      `SELECT trade_class, count(*) AS count, sum(buy_wh) AS buy_wh, sum(sell_wh) AS sell_wh
       FROM demand WHERE log_index > ? AND log_index < ? GROUP BY trade_class`,
      [after, before],
    );
    return tradeClasses.map((tradeClass) => {
      const row = rows.find((one) => textOf(one, 'trade_class') === tradeClass);
      const at = (name: string) => countIn(row, name);
      return { tradeClass, count: at('count'), buyWh: at('buy_wh'), sellWh: at('sell_wh') };
    });
  }
}

function countIn(row: Row | undefined, name: string): number {
  return row === undefined ? 0 : integerOf(row, name);
}
