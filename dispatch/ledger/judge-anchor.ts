// SPDX-License-Identifier: Apache-2.0
// What becomes of an anchor, from the chain's record and the anchor alone; it changes nothing.
// Redelivery, reordering and a change of duty are normal life and lead to an answer that helps;
// only two roots at one size, each co-signed as the policy wants, are an accusation.

import { equal } from '../../base/bytes.ts';
import { type Result, refuse } from '../../base/errors.ts';
import { emptyRoot, verifyConsistency } from '../../base/merkle.ts';
import type { Suite } from '../../base/suite.ts';
import type { OpenAnchor } from '../../sidechain/chain/anchor.ts';
import type { ChainRecord } from './chain-record.ts';
import { type CheckedAnchor, signedBy } from './checked-anchor.ts';

export type AnchorVerdict =
  /** Newer than all before, and consistent with them: to be appended. */
  | { readonly kind: 'append' }
  /** The newest checkpoint once more: its receipt is given again. */
  | { readonly kind: 'again' }
  /** Older than the newest: the newest receipt is given. */
  | { readonly kind: 'stale' }
  /** Its consistency proof starts elsewhere: to be made again from `size`. */
  | { readonly kind: 'base'; readonly size: number }
  /** Another root at a size that was accepted: two histories, both co-signed. */
  | { readonly kind: 'fork' }
  | { readonly kind: 'refused'; readonly code: string; readonly detail: string };

export type AnchorFacts = {
  /** Whether its centre is an organisation that may send. */
  readonly isRegistered: boolean;
  /** Leaves of the main log now. */
  readonly logSize: number;
  /** Root that was accepted from this chain at just this size, undefined where none was. */
  readonly acceptedRoot: Uint8Array | undefined;
  /** What was verified of it before. */
  readonly ahead?: CheckedAnchor | undefined;
};

/** The anchor is of this chain (by its claims); everything else in it is attacker-controlled. */
export function judgeAnchor(
  suite: Suite,
  anchor: OpenAnchor,
  chain: ChainRecord,
  facts: AnchorFacts,
): AnchorVerdict {
  if (chain.quarantined) {
    return refused(refuse('quarantined', 'two histories of this chain were co-signed'));
  }
  if (!facts.isRegistered) {
    return refused(refuse('centre', `${chain.centre} is no centre of this log`));
  }
  const checked = signedBy(suite, anchor, { chain, ahead: facts.ahead });
  if (!checked.ok) return refused(checked);

  const { size, root } = anchor.checkpoint;
  const { from, consistency, receiptSize } = anchor.anchor;
  if (receiptSize > facts.logSize) {
    // It verified a receipt of ours that we no longer know: our disk is older than what we have
    // signed.
    const detail = `it holds a receipt of this log at size ${receiptSize}, not ${facts.logSize}`;
    return refused(refuse('log-rolled-back', detail));
  }
  if (facts.acceptedRoot !== undefined && !equal(facts.acceptedRoot, root)) return { kind: 'fork' };
  const last = chain.anchored ?? { size: 0, root: emptyRoot(suite) };
  if (size < last.size) return { kind: 'stale' };
  if (size === last.size) return { kind: 'again' };
  if (from !== last.size) return { kind: 'base', size: last.size };
  const consistent = verifyConsistency(suite, {
    from,
    fromRoot: last.root,
    to: size,
    toRoot: root,
    path: consistency,
  });
  if (consistent) return { kind: 'append' };
  return refused(refuse('consistency', `size ${size} is not proven to extend size ${from}`));
}

function refused({ code, detail }: Extract<Result<never>, { ok: false }>): AnchorVerdict {
  return { kind: 'refused', code, detail };
}
