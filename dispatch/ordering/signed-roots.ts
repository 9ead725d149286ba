// SPDX-License-Identifier: Apache-2.0
// Signatures over the roots of the main log that were asked for last. All anchors of a batch have
// their first receipts under one root: it is signed once, and what they share is made once.

import { type LeafPlace, type LogRoot, receiptsUnder, signRoot } from '../../base/cose-receipt.ts';
import { limits } from '../../base/limits.ts';
import type { Signer } from '../../base/suite.ts';

type Receipts = (leaf: LeafPlace) => Uint8Array;

export class SignedRoots {
  readonly #signer: Signer;
  /** By size, which has one root; the least recently signed first. */
  readonly #receipts = new Map<number, Receipts>();

  constructor(signer: Signer) {
    this.#signer = signer;
  }

  /** Makes the receipts under this root. Of one log; it only grows. */
  receipts(log: LogRoot): Receipts {
    const known = this.#receipts.get(log.size);
    if (known !== undefined) return known;
    const receipts = receiptsUnder(log, signRoot(log, this.#signer));
    this.#receipts.set(log.size, receipts);
    for (const oldest of this.#receipts.keys()) {
      if (this.#receipts.size <= limits.signedRootsMax) break;
      this.#receipts.delete(oldest);
    }
    return receipts;
  }
}
