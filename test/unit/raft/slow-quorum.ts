// SPDX-License-Identifier: Apache-2.0
// The slow, obvious twin of the quorum: try each index that anybody acknowledged, and count.

import type { NodeId } from '../../../sidechain/raft/entry.ts';
import type { Voters } from '../../../sidechain/raft/quorum/joint.ts';
import type { AckedIndex, VoteResult } from '../../../sidechain/raft/quorum/majority.ts';

export function countByQuorum(voters: readonly NodeId[], acked: AckedIndex): number {
  if (voters.length === 0) return Number.POSITIVE_INFINITY;
  const indexes = voters.map((id) => acked(id) ?? 0);
  const held = indexes.filter(
    (index) => indexes.filter((other) => other >= index).length * 2 > voters.length,
  );
  return Math.max(0, ...held);
}

/** Fills in the missing votes in every possible way: won or lost if it always ends the same. */
export function voteByTrial(quorum: Voters, votes: ReadonlyMap<NodeId, boolean>): VoteResult {
  const all = [...new Set([...quorum.voters, ...quorum.votersOutgoing])];
  const missing = all.filter((id) => !votes.has(id));
  let [wonCount, lostCount] = [0, 0];
  for (let trial = 0; trial < 2 ** missing.length; trial += 1) {
    const granted = (id: NodeId) =>
      votes.get(id) ?? Math.floor(trial / 2 ** missing.indexOf(id)) % 2 === 1;
    const isWon = [quorum.voters, quorum.votersOutgoing].every(
      (half) => half.length === 0 || half.filter(granted).length * 2 > half.length,
    );
    if (isWon) wonCount += 1;
    else lostCount += 1;
  }
  if (lostCount === 0) return 'won';
  return wonCount === 0 ? 'lost' : 'pending';
}
