// SPDX-License-Identifier: Apache-2.0
// Follows who takes part in the main log: each act that the organisations passed, as a leaf of the log,
// judged by the registry before it. So the mirror knows by itself who might sign what, and holds what
// the centre shows as its registry against that.

import { equal, toHex } from '../../base/bytes.ts';
import type { Suite } from '../../base/suite.ts';
import { foundingRegistry, type OpenMainGenesis } from '../../sidechain/chain/main-genesis.ts';
import type { MainRegistry } from '../../sidechain/chain/main-registry.ts';
import { mainLeafHash } from '../../sidechain/chain/receipt-message.ts';
import { registryView } from '../api/registry-view.ts';
import type { CentreClient } from './centre-client.ts';
import { type Difference, differenceOf } from './difference.ts';
import { judgeAct } from './judge-act.ts';
import { mirrorLimits } from './mirror-limits.ts';
import type { MirrorStore } from './mirror-store.ts';

export type RegistryCopyOptions = {
  readonly suite: Suite;
  readonly store: MirrorStore;
  readonly client: CentreClient;
  readonly main: OpenMainGenesis;
};

/** A registry and the leaf of the act that made it; 0: the genesis. */
type Version = { readonly registry: MainRegistry; readonly logIndex: number };

export class RegistryCopy {
  readonly #options: RegistryCopyOptions;
  readonly #versions: Version[];

  private constructor(options: RegistryCopyOptions) {
    this.#options = options;
    this.#versions = [{ registry: foundingRegistry(options.main.genesis), logIndex: 0 }];
  }

  /** With the acts that were copied; those that do not hold any more are told by `verifyMirror`. */
  static async open(options: RegistryCopyOptions): Promise<RegistryCopy> {
    const copy = new RegistryCopy(options);
    for (const { logIndex, bytes } of await options.store.acts()) copy.#follow(logIndex, bytes);
    return copy;
  }

  /** From the genesis on; element n is after n acts. */
  get registries(): readonly MainRegistry[] {
    return this.#versions.map(({ registry }) => registry);
  }

  /** By which what stands at this leaf was judged. */
  registryAt(logIndex: number): MainRegistry {
    const before = this.#versions.filter((one) => one.logIndex < logIndex);
    return (before.at(-1) ?? this.#newest).registry;
  }

  knowsAct(logIndex: number): boolean {
    return this.#versions.some((one) => one.logIndex === logIndex && logIndex > 0);
  }

  /** Up to the end of the log that was copied. */
  async copy(logSize: number): Promise<readonly Difference[]> {
    const { suite, client, store } = this.#options;
    for (let page = 0; page < mirrorLimits.pagesMax; page++) {
      const { items, next } = await client.acts(this.#newest.logIndex + 1);
      for (const { logIndex, bytes } of items.filter((one) => one.logIndex < logSize)) {
        const leafHash = await store.leaf(logIndex);
        const isLeaf = leafHash !== undefined && equal(mainLeafHash(suite, bytes), leafHash);
        const flaw = isLeaf ? this.#follow(logIndex, bytes) : 'it is not what its leaf says';
        // What follows is judged by what this one makes.
        if (flaw !== undefined)
          return [differenceOf('act', '', `leaf ${logIndex}`, { shown: 'an act', proven: flaw })];
        await store.keepAct(logIndex, bytes);
      }
      const last = items.at(-1)?.logIndex ?? 0;
      if (next === undefined || last >= logSize) break;
    }
    return [];
  }

  /**
   * What the centre shows as its registry. `catchUp` copies acts that were passed meanwhile: they are in
   * effect before their leaf is signed for.
   */
  async compare(catchUp: () => Promise<readonly Difference[]>): Promise<readonly Difference[]> {
    const { client } = this.#options;
    for (let tries = 0; ; tries++) {
      const shown = await client.registry();
      const found = this.#compared(shown);
      const isAhead = Number(shown.version) > this.#versions.length - 1;
      if (found.length === 0 || !isAhead || tries >= mirrorLimits.aheadTriesMax) return found;
      await client.rest();
      const flaws = await catchUp();
      if (flaws.length > 0) return flaws;
    }
  }

  #compared(shown: Readonly<Record<string, unknown>>): readonly Difference[] {
    const { suite, main } = this.#options;
    const { registry } = this.#newest;
    const version = this.#versions.length - 1;
    const proven = registryView(suite, main.mainLog, { registry, version });
    return Object.entries(proven).flatMap(([field, value]) => {
      const [theirs, own] = [JSON.stringify(shown[field] ?? null), JSON.stringify(value)];
      if (theirs === own) return [];
      const cut = mirrorLimits.shownCharactersMax;
      const place = `version ${version}`;
      const said = { shown: theirs.slice(0, cut), proven: own.slice(0, cut) };
      return [{ ...differenceOf('registry', '', place, said), field }];
    });
  }

  #follow(logIndex: number, bytes: Uint8Array): string | undefined {
    const { suite, main } = this.#options;
    const before = { registry: this.#newest.registry, version: this.#versions.length - 1 };
    const judged = judgeAct(suite, bytes, before, main.mainLog.id);
    if (!judged.ok) return judged.detail;
    this.#versions.push({ registry: judged.value, logIndex });
    return undefined;
  }

  get #newest(): Version {
    const newest = this.#versions.at(-1);
    if (newest === undefined)
      throw new Error(`no registry of ${toHex(this.#options.main.mainLog.id)}`);
    return newest;
  }
}
