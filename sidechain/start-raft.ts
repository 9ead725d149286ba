// SPDX-License-Identifier: Apache-2.0
// Raft as a member runs it: how often it ticks, and what it starts from.

import type { Members } from './members.ts';
import { RaftNode } from './raft/raft-node.ts';
import type { Opened } from './store/opening.ts';

/**
 * A leader is heard each 100 ms and missed after 400 to 800 ms (docs/decisions/025): the time to the
 * next commit stays below a second, and what a stall holds up here is no heartbeat.
 */
export const tickMs = 50;
const electionTicks = 8;
const heartbeatTicks = 2;

export function startRaft(
  members: Members,
  { storage, appliedIndex, configuration }: Opened,
  random: (length: number) => Uint8Array,
): RaftNode {
  const raft = new RaftNode({
    id: members.own.id,
    electionTicks,
    heartbeatTicks,
    storage,
    applied: appliedIndex,
    random: () => new DataView(random(4).buffer).getUint32(0) / 2 ** 32,
    asyncStorageWrites: true,
    forwardProposals: false,
  });
  // Alone there is nobody to wait for.
  const { voters } = configuration;
  if (voters.length === 1 && voters[0] === members.own.id) raft.campaign();
  return raft;
}
