// SPDX-License-Identifier: Apache-2.0
// The suite of a node that meets each signature several times: when a transaction comes, when it is
// proposed, and when it is applied. A signature that has held holds.

import { concat, toHex } from '../../../base/bytes.ts';
import { limits } from '../../../base/limits.ts';
import type { Suite } from '../../../base/suite.ts';

export function rememberingSuite(suite: Suite): Suite {
  /** Hashes of what has held, in two generations: the older is dropped as a whole. */
  let newer = new Set<string>();
  let older = new Set<string>();
  return {
    ...suite,
    verify: (publicKey, message, signature) => {
      // Key and signature have one length where they hold, so nothing else comes to this hash.
      const known = toHex(suite.sha256(concat(publicKey, signature, message)));
      if (newer.has(known)) return true;
      if (!older.has(known) && !suite.verify(publicKey, message, signature)) return false;
      if (newer.size >= limits.verifiedSignaturesMax) [newer, older] = [new Set(), newer];
      newer.add(known);
      return true;
    },
  };
}
