// SPDX-License-Identifier: Apache-2.0
// Signatures that are verified before a transaction is judged, elsewhere and many at once. Whoever
// judges is asked first as if all of them held, which tells what has to be verified; where all hold,
// that was the verdict.

import { equal } from '../../base/bytes.ts';
import type { Suite } from '../../base/suite.ts';

export type SignatureCheck = {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
};

export type VerifyAll = (checks: readonly SignatureCheck[]) => Promise<readonly boolean[]>;

/** What `judge` says with this suite, the signatures verified by `verifyAll`. `judge` is pure. */
export async function judgeAhead<Verdict>(
  suite: Suite,
  verifyAll: VerifyAll,
  judge: (suite: Suite) => Verdict,
): Promise<Verdict> {
  const checks: SignatureCheck[] = [];
  const hoped = judge({
    ...suite,
    verify: (publicKey, message, signature) => {
      checks.push({ publicKey, message, signature });
      return true;
    },
  });
  const verdicts = await verifyAll(checks);
  if (verdicts.every((holds) => holds)) return hoped;
  return judge({
    ...suite,
    verify: (publicKey, message, signature) => {
      const known = checks.findIndex(
        (check) =>
          equal(check.signature, signature) &&
          equal(check.publicKey, publicKey) &&
          equal(check.message, message),
      );
      return known === -1 ? suite.verify(publicKey, message, signature) : verdicts[known] === true;
    },
  });
}
