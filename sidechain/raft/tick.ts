// SPDX-License-Identifier: Apache-2.0
// Time passes, in ticks: followers and candidates campaign when they wait too long, leaders let
// themselves be heard and check that they are.

import { isVoter } from './configuration/configuration.ts';
import type { Core } from './core.ts';
import { startElection } from './election.ts';
import { noNode } from './entry.ts';
import { broadcastHeartbeat } from './replicate.ts';
import { checkQuorum } from './roles/leader.ts';
import { handOver } from './transfer.ts';

export function tick(core: Core): void {
  core.electionElapsed += 1;
  if (core.role === 'leader') tickLeader(core);
  else if (core.isPromotable() && core.electionElapsed >= core.electionTimeout) {
    core.electionElapsed = 0;
    startElection(core);
  }
}

function tickLeader(core: Core): void {
  core.heartbeatElapsed += 1;
  if (core.electionElapsed >= core.options.electionTicks) {
    core.electionElapsed = 0;
    if (core.options.checkQuorum) checkQuorum(core);
    if (core.role !== 'leader') return;
    // It did not take over in time: lead on, or try the next one if we may not.
    const isRemoved = !isVoter(core.configuration, core.id);
    if (isRemoved && core.options.removedLeader === 'hand-over') handOver(core);
    else core.transferee = noNode;
  }
  if (core.heartbeatElapsed < core.options.heartbeatTicks) return;
  core.heartbeatElapsed = 0;
  broadcastHeartbeat(core);
}
