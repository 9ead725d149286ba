// SPDX-License-Identifier: Apache-2.0
// What signature checks have found, by entry id: an entry that is met again, in a proposal sent
// twice or a block applied again, is not checked again. Bounded: the oldest verdict is forgotten,
// and found anew.

import { toHex } from '../../base/bytes.ts';
import { limits } from '../../base/limits.ts';
import type { Suite } from '../../base/suite.ts';
import { type SignedEntry, verifyEntry } from './entry.ts';
import type { Verdicts } from './judge.ts';

/**
 * Asks for the signature only where it is not known; `limits.verdictsMax` verdicts are remembered.
 */
export function rememberVerdicts(suite: Suite, chainId: Uint8Array): Verdicts {
  const known = new Map<string, boolean>();
  return (entry: SignedEntry, publicKey: Uint8Array) => {
    // The key, too: an id alone does not say whose signature was looked for.
    const question = toHex(entry.id) + toHex(publicKey);
    const before = known.get(question);
    if (before !== undefined) return before;
    const verdict = verifyEntry(suite, entry, { publicKey, chainId });
    known.set(question, verdict);
    for (const oldest of known.keys()) {
      if (known.size <= limits.verdictsMax) break;
      known.delete(oldest);
    }
    return verdict;
  };
}
