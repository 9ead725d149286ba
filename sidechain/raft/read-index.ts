// SPDX-License-Identifier: Apache-2.0
// Linearizable reads without a log entry (Raft thesis §6.4): what is committed now is what the read
// has to see, once a quorum confirms that we still lead. No leases: a paused process would trust
// its own too long.

import { accept, type Result, refuse } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Core } from './core.ts';
import { type NodeId, noNode } from './entry.ts';
import type { ReadIndex } from './message.ts';
import { broadcastHeartbeat } from './replicate.ts';

export type ReadResult = Result<undefined, 'no-leader' | 'too-many-reads'>;

/** Asked by our own caller. The answer comes in `Ready.readStates`; or never, if leadership is lost
 * meanwhile. */
export function readIndex(core: Core, context: Uint8Array): ReadResult {
  const request: ReadIndex = {
    from: core.id,
    to: core.leader,
    term: 0,
    kind: 'read-index',
    context,
  };
  if (core.role === 'leader') return readAsLeader(core, request);
  if (core.leader === noNode) return refuse('no-leader', 'try again when a leader is elected');
  core.send(request);
  return accept(undefined);
}

export function readAsLeader(core: Core, request: ReadIndex): ReadResult {
  if (core.pendingReads.length + core.reads.waitingCount >= limits.raftPendingReadsMax) {
    return refuse('too-many-reads', 'wait for the answers to earlier reads');
  }
  // Before its first commit a leader does not know what its predecessors committed.
  if (!core.hasCommittedInTerm()) {
    core.pendingReads.push(request);
  } else {
    confirmRead(core, request);
  }
  return accept(undefined);
}

/** Our first entry of this term is committed. */
export function releasePendingReads(core: Core): void {
  if (core.pendingReads.length === 0 || !core.hasCommittedInTerm()) return;
  const released = core.pendingReads;
  core.pendingReads = [];
  for (const request of released) confirmRead(core, request);
}

function confirmRead(core: Core, request: ReadIndex): void {
  core.reads.add({ request, index: core.log.committed });
  broadcastHeartbeat(core);
  // Alone we are the quorum; a leader that was removed is not even part of one.
  answerConfirmedReads(core, core.id, core.reads.round());
}

export function answerConfirmedReads(core: Core, from: NodeId, round: number): void {
  core.reads.acknowledge(from, round);
  for (const { request, index } of core.reads.takeConfirmed(core.configuration)) {
    const { from: reader, context } = request;
    if (reader === core.id) core.readStates.push({ index, context });
    else core.send({ ...core.envelope(reader), kind: 'read-index-response', index, context });
  }
}
