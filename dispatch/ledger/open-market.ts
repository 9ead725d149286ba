// SPDX-License-Identifier: Apache-2.0
// The market as the main ledger has it in memory: the window that is open, by the length of window that
// the main genesis says.

import { tradeLimits } from '../../base/trade-limits.ts';
import {
  addDemand,
  closeMarket,
  type Demanded,
  isMarketFull,
  type Market,
  quietMarket,
} from '../../contracts/market.ts';
import type { OpenMainGenesis } from '../../sidechain/chain/main-genesis.ts';

export class OpenMarket {
  readonly #windowMs: number;
  #market: Market;

  constructor(genesis: OpenMainGenesis, market: Market = quietMarket) {
    this.#windowMs = tradeWindowOf(genesis);
    this.#market = market;
  }

  get isFull(): boolean {
    return isMarketFull(this.#market);
  }

  get now(): Market {
    return this.#market;
  }

  add(demand: Demanded, timeMs: number): void {
    this.#market = addDemand(this.#market, demand, { timeMs, windowMs: this.#windowMs });
  }

  /** What is said of the window that is over by this time; undefined where none is. */
  close(timeMs: number): Uint8Array | undefined {
    const { market, closed } = closeMarket(this.#market, { timeMs, windowMs: this.#windowMs });
    this.#market = market;
    return closed;
  }
}

/** Milliseconds. */
export function tradeWindowOf({ genesis }: Pick<OpenMainGenesis, 'genesis'>): number {
  return genesis.tradeWindowMs ?? tradeLimits.windowMs;
}
