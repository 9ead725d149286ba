// SPDX-License-Identifier: Apache-2.0
// Reads what the market has said: windows that are over, demands since, assets and who has signed for them.

import { assert } from '../../base/assert.ts';
import { limits } from '../../base/limits.ts';
import { addDemand, type Market, quietMarket } from '../../contracts/market.ts';
import { decodeMarketWindow, type MarketWindow } from '../../contracts/market-window.ts';
import type { Database, Row, SqlValue } from '../../host/sqlite.ts';
import { decodeDemand } from '../../sidechain/chain/demand.ts';
import { openRecord, tradeKinds } from '../../sidechain/chain/main-record.ts';
import type { NamedAsset } from '../ledger/apply-context.ts';
import { bytesOf, integerOf, textOf } from './columns.ts';
import { recordColumns, recordOf, type StoredRecord } from './registry-store.ts';

export type StoredWindow = MarketWindow & { readonly logIndex: number };

export type StoredAsset = {
  readonly id: Uint8Array;
  readonly organisation: string;
  readonly answers: Uint8Array | undefined;
};

const ofTrade = tradeKinds.map((kind) => `'${kind}'`).join(', ');

export class TradeStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The open window, made of the demands since the last one that is over. */
  async market(windowMs: number): Promise<Market> {
    const [last] = await this.windows({ before: undefined, countMax: 1 });
    let market: Market = { ...quietMarket, closedUpTo: (last?.endMs ?? 0) / windowMs };
    let after = last?.logIndex ?? 0;
    for (;;) {
      const page = await this.#records("kind = 'demand' AND log_index > ?", [after]);
      for (const { bytes, acceptedMs } of page) {
        const opened = openRecord(bytes);
        const demand = opened.ok ? decodeDemand(opened.value.content) : opened;
        assert(demand.ok, 'a demand is stored as it was taken');
        market = addDemand(market, demand.value, { timeMs: acceptedMs, windowMs });
      }
      after = page.at(-1)?.logIndex ?? after;
      if (page.length < limits.storePageRows) return market;
    }
  }

  /** Those that are over, the newest first; `before` a leaf. */
  async windows(page: {
    readonly before: number | undefined;
    readonly countMax: number;
  }): Promise<readonly StoredWindow[]> {
    const rows = await this.#database.read(
      `SELECT log_index, bytes FROM record WHERE kind = 'market-window' AND log_index < ?
       ORDER BY log_index DESC LIMIT ?`,
      [page.before ?? Number.MAX_SAFE_INTEGER, page.countMax],
    );
    return rows.map((row) => {
      const window = decodeMarketWindow(bytesOf(row, 'bytes'));
      assert(window.ok, 'a window is stored as it was encoded');
      return { ...window.value, logIndex: integerOf(row, 'log_index') };
    });
  }

  /** What those judge by that name this asset; undefined where there is none. */
  async named(id: Uint8Array): Promise<NamedAsset | undefined> {
    const asset = await this.asset(id);
    if (asset === undefined) return undefined;
    const { organisation, answers } = asset;
    const offer = answers && (await this.asset(answers));
    const rows = await this.#database.read(
      'SELECT organisation FROM agreement WHERE answer = ? ORDER BY organisation',
      [id],
    );
    const agreedBy = rows.map((row) => textOf(row, 'organisation'));
    return { organisation, offeredBy: offer?.organisation, agreedBy };
  }

  async asset(id: Uint8Array): Promise<StoredAsset | undefined> {
    const [row] = await this.#database.read(
      'SELECT id, organisation, answers FROM asset WHERE id = ?',
      [id],
    );
    return row && assetOf(row);
  }

  /** Words of the market from the leaf `from` on, in order. */
  async records(from: number, countMax: number): Promise<readonly StoredRecord[]> {
    return this.#records(`kind IN (${ofTrade}) AND log_index >= ?`, [from], countMax);
  }

  async #records(
    where: string,
    params: readonly SqlValue[],
    countMax: number = limits.storePageRows,
  ): Promise<readonly StoredRecord[]> {
    const rows = await this.#database.read(
      `SELECT ${recordColumns} WHERE ${where} ORDER BY log_index LIMIT ?`,
      [...params, countMax],
    );
    return rows.map(recordOf);
  }
}

function assetOf(row: Row): StoredAsset {
  const answers = row.answers === null ? undefined : bytesOf(row, 'answers');
  return { id: bytesOf(row, 'id'), organisation: textOf(row, 'organisation'), answers };
}
