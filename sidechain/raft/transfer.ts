// SPDX-License-Identifier: Apache-2.0
// Handing leadership over: bring the other's log up to ours, then tell it to campaign. Meanwhile
// proposals are refused, and after one election timeout it is given up (Raft thesis §3.10).

import { votersOf } from './configuration/configuration.ts';
import type { Core } from './core.ts';
import { type NodeId, noNode } from './entry.ts';
import { sendAppend } from './replicate.ts';

/** Ignored for a learner, for a stranger, for ourselves, and if it is on its way already. */
export function startTransfer(core: Core, transferee: NodeId): void {
  const progress = core.progress.get(transferee);
  if (progress === undefined || progress.isLearner || core.transferee === transferee) return;
  core.transferee = noNode;
  if (transferee === core.id) return;
  core.transferee = transferee;
  // It gets one election timeout from now on.
  core.electionElapsed = 0;
  if (progress.match === core.log.lastIndex()) {
    core.send({ ...core.envelope(transferee), kind: 'timeout-now' });
  } else {
    sendAppend(core, transferee, 'send-empty');
  }
}

/** To the voter that has most of our log, and so can take over first. Of several it is the next
 * one's turn after whoever did not take over. */
export function handOver(core: Core): void {
  const last = core.transferee;
  const voters = votersOf(core.configuration);
  const inTurn = [...voters.filter((id) => id > last), ...voters.filter((id) => id <= last)];
  const matches = inTurn.map((id) => core.progress.get(id)?.match ?? 0);
  core.transferee = noNode;
  startTransfer(core, inTurn[matches.indexOf(Math.max(...matches))] ?? noNode);
}

/** From our own caller: done here if we lead, else passed on to the leader. */
export function transferLeader(core: Core, transferee: NodeId): void {
  if (core.role === 'leader') {
    startTransfer(core, transferee);
  } else if (core.role === 'follower' && core.leader !== noNode) {
    core.send({ ...core.envelope(core.leader), kind: 'transfer-leader', transferee });
  }
}
