// SPDX-License-Identifier: Apache-2.0
// What a follower does with the word of its leader.

import type { Core } from '../core.ts';
import { campaignIfAllowed } from '../election.ts';
import { onAppend, onHeartbeat, onSnapshot } from '../follow.ts';
import type { PeerMessage } from '../message.ts';

export function stepFollower(core: Core, message: PeerMessage): void {
  switch (message.kind) {
    case 'append':
      followLeader(core, message.from);
      onAppend(core, message);
      break;
    case 'heartbeat':
      followLeader(core, message.from);
      onHeartbeat(core, message);
      break;
    case 'snapshot':
      followLeader(core, message.from);
      onSnapshot(core, message);
      break;
    case 'timeout-now':
      campaignIfAllowed(core, 'transfer');
      break;
    case 'read-index-response':
      core.readStates.push({ index: message.index, context: message.context });
      break;
    default:
      break;
  }
}

function followLeader(core: Core, leader: number): void {
  core.electionElapsed = 0;
  core.leader = leader;
}
