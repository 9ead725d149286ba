// SPDX-License-Identifier: Apache-2.0
// Two sets of voters that must both decide: while a configuration is joint, neither the old
// majority nor the new one can act without the other. With no outgoing voters it is a plain
// majority.

import type { NodeId } from '../entry.ts';
import { type AckedIndex, majorityCommitted, majorityVote, type VoteResult } from './majority.ts';

/** The voters of a configuration. */
export type Voters = {
  readonly voters: readonly NodeId[];
  readonly votersOutgoing: readonly NodeId[];
};

/** The highest index that a majority of each set has acknowledged; infinity for no voters at
 * all. */
export function jointCommitted(quorum: Voters, acked: AckedIndex): number {
  return Math.min(
    majorityCommitted(quorum.voters, acked),
    majorityCommitted(quorum.votersOutgoing, acked),
  );
}

export function jointVote(quorum: Voters, votes: ReadonlyMap<NodeId, boolean>): VoteResult {
  const incoming = majorityVote(quorum.voters, votes);
  const outgoing = majorityVote(quorum.votersOutgoing, votes);
  if (incoming === outgoing) return incoming;
  return incoming === 'lost' || outgoing === 'lost' ? 'lost' : 'pending';
}
