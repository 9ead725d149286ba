// SPDX-License-Identifier: Apache-2.0
// Follows who keeps the main log: each hand-over of its keys, judged by the keys before it, from those of the
// genesis on. So the mirror knows by itself whose signature counts for which size of the log.

import { equal, toBase64, toHex } from '../../base/bytes.ts';
import type { Suite } from '../../base/suite.ts';
import {
  type CheckedHandOver,
  checkHandOver,
  decodeHandOver,
} from '../../sidechain/chain/hand-over.ts';
import { firstPeriod, newestKeys, nextPeriod } from '../../sidechain/chain/key-periods.ts';
import { generationOf, type MainLog } from '../../sidechain/chain/main-log.ts';
import { mainLeafHash } from '../../sidechain/chain/receipt-message.ts';
import type { KeyPeriods } from '../../sidechain/chain/retired-key.ts';
import type { CentreClient } from './centre-client.ts';
import { type Difference, differenceOf } from './difference.ts';
import type { MirrorStore } from './mirror-store.ts';

/** One that holds. */
export type ProvenHandOver = CheckedHandOver & {
  readonly act: Uint8Array;
  readonly bytes: Uint8Array;
};

export type FollowedKeys = {
  readonly periods: KeyPeriods;
  readonly handOvers: readonly ProvenHandOver[];
};

/** @returns those that hold, and what is wrong with the first one that does not. */
export function followKeys(
  suite: Suite,
  founding: MainLog,
  all: readonly Uint8Array[],
): FollowedKeys & { readonly flaw: string | undefined } {
  let periods = firstPeriod(founding);
  const handOvers: ProvenHandOver[] = [];
  for (const bytes of all) {
    const decoded = decodeHandOver(bytes);
    const checked = decoded.ok ? checkHandOver(suite, decoded.value, newestKeys(periods)) : decoded;
    if (!decoded.ok || !checked.ok) {
      return { periods, handOvers, flaw: checked.ok ? 'not to be read' : checked.detail };
    }
    periods = nextPeriod(periods, checked.value);
    handOvers.push({ ...checked.value, act: decoded.value.act, bytes });
  }
  return { periods, handOvers, flaw: undefined };
}

/** What the log that was copied says of a hand-over: that its act and its root are those of the log. */
export async function handOverFlaw(
  suite: Suite,
  { act, size, root }: ProvenHandOver,
  log: {
    readonly leaf: (index: number) => Promise<Uint8Array | undefined>;
    readonly rootAt: (size: number) => Promise<Uint8Array>;
  },
): Promise<{ readonly shown: string; readonly proven: string } | undefined> {
  const leaf = await log.leaf(size - 1);
  if (leaf === undefined || !equal(leaf, mainLeafHash(suite, act))) {
    return { shown: `an act at leaf ${size - 1}`, proven: leaf ? toBase64(leaf) : 'no such leaf' };
  }
  const own = await log.rootAt(size);
  if (equal(own, root)) return undefined;
  return { shown: toBase64(root), proven: toBase64(own) };
}

/** The keys in a mirror. */
export class KeysCopy {
  readonly #suite: Suite;
  readonly #store: MirrorStore;
  readonly #founding: MainLog;
  #followed: FollowedKeys;

  private constructor(suite: Suite, store: MirrorStore, founding: MainLog, keys: FollowedKeys) {
    this.#suite = suite;
    this.#store = store;
    this.#founding = founding;
    this.#followed = keys;
  }

  /** `founding`: the log with the keys of its genesis. */
  static async open(suite: Suite, store: MirrorStore, founding: MainLog): Promise<KeysCopy> {
    const keys = followKeys(suite, founding, await store.handOvers());
    return new KeysCopy(suite, store, founding, keys);
  }

  get periods(): KeyPeriods {
    return this.#followed.periods;
  }

  get handOvers(): readonly ProvenHandOver[] {
    return this.#followed.handOvers;
  }

  /** Takes over what is new where it holds; what was followed before stays. */
  async copy(client: CentreClient): Promise<readonly Difference[]> {
    const shown = await client.handOvers();
    const known = this.handOvers;
    const { handOvers, flaw, periods } = followKeys(this.#suite, this.#founding, shown);
    const parting = known.findIndex(({ act }, i) => {
      const theirs = handOvers[i];
      return theirs === undefined || !equal(theirs.act, act);
    });
    if (parting !== -1) {
      const theirs = handOvers[parting];
      const proven = known[parting];
      const actOf = (one: ProvenHandOver | undefined) =>
        one === undefined ? 'none that holds' : `act ${toHex(this.#suite.sha256(one.act))}`;
      const said = { shown: actOf(theirs), proven: actOf(proven) };
      const kind = theirs === undefined ? 'log-keys' : 'split-view';
      return [differenceOf(kind, '', `generation ${parting + 1}`, said)];
    }
    const fresh = handOvers.slice(known.length);
    this.#followed = { periods, handOvers: [...known, ...fresh] };
    for (const { mainLog, bytes } of fresh) {
      await this.#store.keepHandOver(generationOf(mainLog), bytes);
    }
    if (flaw === undefined) return [];
    const said = { shown: 'a hand-over', proven: flaw };
    return [differenceOf('log-keys', '', `generation ${handOvers.length + 1}`, said)];
  }
}
