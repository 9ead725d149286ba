// SPDX-License-Identifier: Apache-2.0
// The signatures of an anchor, verified before it is its turn, together with the members and the
// suspicions that they were verified for: where these have changed since, it counts for nothing.

import type { Result } from '../../base/errors.ts';
import type { Suite } from '../../base/suite.ts';
import { type AnchorFlaw, checkAnchor, type OpenAnchor } from '../../sidechain/chain/anchor.ts';
import type { ChainRecord } from './chain-record.ts';
import { judgeAhead, type VerifyAll } from './signed-ahead.ts';

type Signed = ReturnType<typeof checkAnchor>;

export type CheckedAnchor = {
  readonly membershipVersion: number;
  readonly distrustedCount: number;
  readonly signed: Signed;
};

export async function checkAhead(
  suite: Suite,
  verifyAll: VerifyAll,
  of: { readonly anchor: OpenAnchor; readonly chain: ChainRecord },
): Promise<CheckedAnchor> {
  const { anchor, chain } = of;
  return {
    membershipVersion: chain.version,
    distrustedCount: chain.distrusted.length,
    signed: await judgeAhead(suite, verifyAll, (by) => checkAnchor(by, anchor, chain)),
  };
}

/** By what was checked ahead, where that is still of use; else now. Members and suspicions only grow. */
export function signedBy(
  suite: Suite,
  anchor: OpenAnchor,
  of: { readonly chain: ChainRecord; readonly ahead: CheckedAnchor | undefined },
): Result<unknown, AnchorFlaw> {
  const { chain, ahead } = of;
  const holds =
    ahead?.membershipVersion === chain.version && ahead.distrustedCount === chain.distrusted.length;
  return holds ? ahead.signed : checkAnchor(suite, anchor, chain);
}
