// SPDX-License-Identifier: Apache-2.0
// What a leader does with the answers of the others.

import type { Core } from '../core.ts';
import { type NodeId, noNode } from '../entry.ts';
import type { AppendResponse, HeartbeatResponse, PeerMessage } from '../message.ts';
import type { Progress } from '../progress/progress.ts';
import { jointVote } from '../quorum/joint.ts';
import { answerConfirmedReads, readAsLeader, releasePendingReads } from '../read-index.ts';
import { broadcastAppend, commitByQuorum, sendAppend } from '../replicate.ts';
import { startTransfer } from '../transfer.ts';
import { becomeFollower } from './become.ts';

export function stepLeader(core: Core, message: PeerMessage): void {
  switch (message.kind) {
    case 'append-response':
      onAppendResponse(core, message);
      break;
    case 'heartbeat-response':
      onHeartbeatResponse(core, message);
      break;
    case 'read-index':
      readAsLeader(core, message);
      break;
    case 'transfer-leader':
      startTransfer(core, message.transferee);
      break;
    default:
      // Votes of a campaign that is over, or what only a follower heeds.
      break;
  }
}

function onAppendResponse(core: Core, message: AppendResponse): void {
  const progress = core.progress.get(message.from);
  if (progress === undefined) return;
  progress.recentActive = true;
  // It was removed and added again since: what it had acknowledged before, it may have lost.
  if (message.session !== progress.session) return;
  if (message.rejection !== undefined) onRejection(core, progress, message);
  else onAcknowledgement(core, progress, message);
}

function onRejection(core: Core, progress: Progress, message: AppendResponse): void {
  const hint = message.rejection?.hint;
  if (hint === undefined) return;
  // Nor can any entry of ours with a higher term than the hint's agree with its log up to there.
  const next =
    hint.term > 0 ? core.log.findConflictByTerm(hint.index, hint.term).index : hint.index;
  if (!progress.decrease(message.index, next)) return;
  if (progress.state === 'replicate') progress.becomeProbe();
  sendAppend(core, message.from, 'send-empty');
}

function onAcknowledgement(core: Core, progress: Progress, message: AppendResponse): void {
  const isNews = progress.acknowledge(message.index);
  // No news, and yet the end of a probe: it has what we thought it has.
  const endsProbe = progress.state === 'probe' && progress.match === message.index;
  if (!isNews && !endsProbe) return;
  resumeReplication(core, progress, message.index);
  if (commitByQuorum(core)) {
    releasePendingReads(core);
    broadcastAppend(core);
  } else if (message.from !== core.id && progress.canBumpCommit(core.log.committed)) {
    sendAppend(core, message.from, 'send-empty');
  }
  if (message.from === core.id) return;
  // The window has room again, for more than one message perhaps.
  while (sendAppend(core, message.from, 'skip-empty'));
  if (message.from === core.transferee && progress.match === core.log.lastIndex()) {
    core.send({ ...core.envelope(message.from), kind: 'timeout-now' });
  }
}

function resumeReplication(core: Core, progress: Progress, acknowledged: number): void {
  switch (progress.state) {
    case 'probe':
      progress.becomeReplicate();
      break;
    case 'snapshot':
      // Whichever snapshot it has installed: if our log goes on from there, no other is needed.
      if (progress.match + 1 < core.log.firstIndex()) break;
      progress.becomeProbe();
      progress.becomeReplicate();
      break;
    case 'replicate':
      progress.inflights.freeUpTo(acknowledged);
      break;
  }
}

function onHeartbeatResponse(core: Core, message: HeartbeatResponse): void {
  const progress = core.progress.get(message.from);
  if (progress === undefined) return;
  progress.recentActive = true;
  progress.appendsPaused = false;
  // It lags behind, or a probe to it was lost: an append, even an empty one, gets it going again.
  if (progress.match < core.log.lastIndex() || progress.state === 'probe') {
    sendAppend(core, message.from, 'send-empty');
  }
  if (message.readRound > 0) answerConfirmedReads(core, message.from, message.readRound);
}

/** Steps down unless a quorum was heard of since the last time: it would only keep the others from
 * electing. */
export function checkQuorum(core: Core): void {
  const heard = new Map<NodeId, boolean>();
  for (const [id, progress] of core.progress) {
    heard.set(id, progress.recentActive);
    if (id !== core.id) progress.recentActive = false;
  }
  if (jointVote(core.configuration, heard) !== 'won') becomeFollower(core, core.term, noNode);
}
