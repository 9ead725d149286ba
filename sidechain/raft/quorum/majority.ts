// SPDX-License-Identifier: Apache-2.0
// One set of voters, of which more than half decide. The empty set decides everything at once: it
// is the other half of a configuration that is not joint.

import type { NodeId } from '../entry.ts';

/** `lost`: whatever the missing votes are, there will be no majority. */
export type VoteResult = 'pending' | 'lost' | 'won';

/** How far a voter has acknowledged; `undefined` = nothing heard. */
export type AckedIndex = (id: NodeId) => number | undefined;

/** The highest index that a majority has acknowledged; infinity for no voters. */
export function majorityCommitted(voters: readonly NodeId[], acked: AckedIndex): number {
  if (voters.length === 0) return Number.POSITIVE_INFINITY;
  const ascending = voters.map((id) => acked(id) ?? 0).sort((a, b) => a - b);
  // As many stand at or above this place as a majority has.
  return ascending[voters.length - majoritySize(voters)] ?? 0;
}

export function majorityVote(
  voters: readonly NodeId[],
  votes: ReadonlyMap<NodeId, boolean>,
): VoteResult {
  if (voters.length === 0) return 'won';
  const granted = voters.filter((id) => votes.get(id) === true).length;
  const missing = voters.filter((id) => !votes.has(id)).length;
  if (granted >= majoritySize(voters)) return 'won';
  return granted + missing >= majoritySize(voters) ? 'pending' : 'lost';
}

function majoritySize(voters: readonly NodeId[]): number {
  return Math.floor(voters.length / 2) + 1;
}
