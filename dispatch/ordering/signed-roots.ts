// SPDX-License-Identifier: Apache-2.0
// Signatures over the roots of the main log that were asked for last. All anchors of a batch have
// their first receipts under one root: it is signed once.

import { type LogRoot, type RootSignature, signRoot } from '../../base/cose-receipt.ts';
import { limits } from '../../base/limits.ts';
import type { Signer } from '../../base/suite.ts';

export class SignedRoots {
  readonly #signer: Signer;
  /** By size, which has one root; the least recently signed first. */
  readonly #signatures = new Map<number, RootSignature>();

  constructor(signer: Signer) {
    this.#signer = signer;
  }

  /** Of one log; it only grows. */
  signature(log: LogRoot): RootSignature {
    const known = this.#signatures.get(log.size);
    if (known !== undefined) return known;
    const signed = signRoot(log, this.#signer);
    this.#signatures.set(log.size, signed);
    for (const oldest of this.#signatures.keys()) {
      if (this.#signatures.size <= limits.signedRootsMax) break;
      this.#signatures.delete(oldest);
    }
    return signed;
  }
}
