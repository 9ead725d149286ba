// SPDX-License-Identifier: Apache-2.0
// What signature checks have found, by entry id: an entry that is met again, in a proposal sent
// twice or a block applied again, is not checked again. Bounded: the oldest verdicts are forgotten, and
// found anew.

import { equal, keyOf } from '../../base/bytes.ts';
import { Generations } from '../../base/generations.ts';
import { limits } from '../../base/limits.ts';
import type { Signer, Suite } from '../../base/suite.ts';
import { isPersonal, type SignedEntry, verifyEntry } from './entry.ts';
import type { Verdicts } from './judge.ts';

export class KnownVerdicts {
  readonly #suite: Suite;
  readonly #chainId: Uint8Array;
  readonly #known = new Generations<string, boolean>(limits.verdictsMax / 2);

  constructor(suite: Suite, chainId: Uint8Array) {
    this.#suite = suite;
    this.#chainId = chainId;
  }

  /** Asks for the signature only where it is not known. */
  readonly verdicts: Verdicts = (entry, publicKey) => {
    const before = this.#known.get(questionOf(entry, publicKey));
    if (before !== undefined) return before;
    const verdict = verifyEntry(this.#suite, entry, { publicKey, chainId: this.#chainId });
    this.#learn(entry, publicKey, verdict);
    return verdict;
  };

  /** Signed a moment ago by the key that is ours; what an engineer has signed comes in with a signer, too. */
  signedHere(entry: SignedEntry, { keyId, publicKey }: Pick<Signer, 'keyId' | 'publicKey'>): void {
    const isOurs = !isPersonal(entry.kind) && equal(entry.keyId, keyId);
    if (isOurs) this.#learn(entry, publicKey, true);
  }

  #learn(entry: SignedEntry, publicKey: Uint8Array, verdict: boolean): void {
    this.#known.set(questionOf(entry, publicKey), verdict);
  }
}

/** The key, too: an id alone does not say whose signature was looked for. */
function questionOf({ id }: SignedEntry, publicKey: Uint8Array): string {
  return keyOf(id) + keyOf(publicKey);
}
