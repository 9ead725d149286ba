// SPDX-License-Identifier: Apache-2.0
// The suite of a node that meets each signature several times: when a transaction comes, when it is
// proposed, and when it is applied. A signature that has held holds.

import { concat, toHex } from '../../../base/bytes.ts';
import { Generations } from '../../../base/generations.ts';
import { limits } from '../../../base/limits.ts';
import type { Suite } from '../../../base/suite.ts';

export function rememberingSuite(suite: Suite): Suite {
  /** By the hash of what has held. */
  const held = new Generations<string, true>(limits.verifiedSignaturesMax);
  return {
    ...suite,
    verify: (publicKey, message, signature) => {
      // Key and signature have one length where they hold, so nothing else comes to this hash.
      const question = toHex(suite.sha256(concat(publicKey, signature, message)));
      if (held.get(question) === true) return true;
      if (!suite.verify(publicKey, message, signature)) return false;
      held.set(question, true);
      return true;
    },
  };
}
