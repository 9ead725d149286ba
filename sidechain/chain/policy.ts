// SPDX-License-Identifier: Apache-2.0
// How many voters must co-sign a checkpoint before the centre takes it. The class says what that buys: with
// `blame` two conflicting checkpoints share a signer who can be named; with `prevent` they cannot both be
// made while at most `faulty` voters lie. Neither makes the ordering Byzantine fault tolerant.

import { assert } from '../../base/assert.ts';

export type Policy = {
  readonly class: 'blame' | 'prevent';
  /** Voters assumed to lie, for `prevent`; 0 for `blame`. */
  readonly faulty: number;
};

/** Co-signatures by distinct voters that satisfy the policy: a majority, or more than (n + b) / 2 of n. */
export function signersNeeded(policy: Policy, voterCount: number): number {
  assert(voterCount > 0, 'a chain has a voter');
  const faulty = policy.class === 'prevent' ? policy.faulty : 0;
  return Math.floor((voterCount + faulty) / 2) + 1;
}

/** Whether the voters are enough to satisfy the policy, and it says what its class is about: `prevent` names
 * how many may lie, `blame` assumes nothing. That liars cannot hold up anchors needs more voters still. */
export function isPolicyPossible(policy: Policy, voterCount: number): boolean {
  const says = policy.class === 'prevent' ? policy.faulty > 0 : policy.faulty === 0;
  return says && voterCount > 0 && signersNeeded(policy, voterCount) <= voterCount;
}
