// SPDX-License-Identifier: Apache-2.0
// The keys of the log in its ledger: those of the genesis, and each that an act has put in their place.

import { firstPeriod, newestKeys, nextPeriod } from '../../sidechain/chain/key-periods.ts';
import { generationOf, type MainLog } from '../../sidechain/chain/main-log.ts';
import type { MainRegistry } from '../../sidechain/chain/main-registry.ts';
import type { KeyPeriods } from '../../sidechain/chain/retired-key.ts';

export class LedgerKeys {
  #periods: KeyPeriods;

  /** `founding`: the log with the keys of its genesis. */
  constructor(founding: MainLog, periods: KeyPeriods = firstPeriod(founding)) {
    this.#periods = periods;
  }

  get periods(): KeyPeriods {
    return this.#periods;
  }

  /** With the keys that count now. */
  get mainLog(): MainLog {
    return newestKeys(this.#periods);
  }

  /** With those of each generation. */
  get mainLogs(): readonly MainLog[] {
    return this.#periods.map(({ mainLog }) => mainLog);
  }

  /** `size`: of the log that ends with the act, where the registry has other keys by one. */
  follow(registry: MainRegistry, size: number): void {
    const { origin, id } = this.mainLog;
    const { keys, threshold } = registry;
    const generation = generationOf(registry);
    if (generation === generationOf(this.mainLog)) return;
    const mainLog = { origin, id, keys, threshold, generation };
    this.#periods = nextPeriod(this.#periods, { mainLog, size });
  }
}
