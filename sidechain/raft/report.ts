// SPDX-License-Identifier: Apache-2.0
// What the transport and the operator know and Raft can use: who cannot be reached, how a
// snapshot's transfer ended, that the leader is gone.

import type { Core } from './core.ts';
import { type NodeId, noNode } from './entry.ts';

/** What was streamed to it is probably lost: find out how far it got before streaming on. */
export function reportUnreachable(core: Core, id: NodeId): void {
  const progress = core.role === 'leader' ? core.progress.get(id) : undefined;
  if (progress?.state === 'replicate') progress.becomeProbe();
}

/** Without this report after a failure, the member would wait for its snapshot for ever. */
export function reportSnapshot(core: Core, id: NodeId, outcome: 'delivered' | 'failed'): void {
  const progress = core.role === 'leader' ? core.progress.get(id) : undefined;
  if (progress?.state !== 'snapshot') return;
  // Delivered: go on behind it. Failed: from where it was.
  if (outcome === 'failed') progress.pendingSnapshot = 0;
  progress.becomeProbe();
  // Delivered: its acknowledgement comes first. Failed: not again before the next heartbeat.
  progress.appendsPaused = true;
}

/** A follower no longer counts on its leader, so that it may vote for another at once. Stays in its
 * term. */
export function forgetLeader(core: Core): void {
  if (core.role === 'follower' && !core.options.keepLeader) core.leader = noNode;
}
