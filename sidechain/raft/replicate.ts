// SPDX-License-Identifier: Apache-2.0
// What a leader sends to bring the others to its log: appends, heartbeats, and a snapshot to those
// whose entries are compacted. How much and when is decided by each member's progress.

import { assert } from '../../base/assert.ts';
import type { Core } from './core.ts';
import { type NodeId, payloadBytes } from './entry.ts';
import type { Progress } from './progress/progress.ts';
import { jointCommitted } from './quorum/joint.ts';

/** Which appends without entries to send: they tell the commit index, or find out whether somebody
 * is there. */
export type EmptyAppends = 'send-empty' | 'skip-empty';

/** Sends an append, if progress lets it. @returns whether anything was sent. */
export function sendAppend(core: Core, to: NodeId, empty: EmptyAppends): boolean {
  const progress = core.progress.get(to);
  assert(progress !== undefined, 'appends go to members');
  if (progress.isPaused) return false;
  const previousIndex = progress.next - 1;
  const previousTerm = core.log.term(previousIndex);
  if (previousTerm === undefined) return sendSnapshot(core, to, progress);
  // With a full window only an empty append goes out: should all in the window be lost, its answer
  // says so.
  const mayFill = progress.state !== 'replicate' || !progress.inflights.isFull();
  const entries = mayFill ? core.log.entriesFrom(progress.next, core.options.appendBytesMax) : [];
  if (entries === undefined) return sendSnapshot(core, to, progress);
  if (entries.length === 0 && empty === 'skip-empty') return false;
  core.send({
    ...core.envelope(to),
    kind: 'append',
    previous: { term: previousTerm, index: previousIndex },
    entries,
    commit: core.log.committed,
    session: progress.session,
  });
  progress.sentEntries({ count: entries.length, bytes: payloadBytes(entries) });
  progress.sentCommit = core.log.committed;
  return true;
}

function sendSnapshot(core: Core, to: NodeId, progress: Progress): boolean {
  // One that is away would only block its progress until it is back.
  if (!progress.recentActive) return false;
  const snapshot = core.log.snapshot(progress.next);
  if (snapshot === undefined) return false;
  assert(
    snapshot.index + 1 >= core.log.firstIndex(),
    'the log goes on from the snapshot: offer a newer one before compacting',
  );
  progress.becomeSnapshot(snapshot.index);
  core.send({ ...core.envelope(to), kind: 'snapshot', snapshot, session: progress.session });
  return true;
}

export function broadcastAppend(core: Core, empty: EmptyAppends = 'send-empty'): void {
  for (const id of core.progress.keys()) {
    if (id !== core.id) sendAppend(core, id, empty);
  }
}

export function broadcastHeartbeat(core: Core): void {
  const readRound = core.reads.round();
  for (const [id, progress] of core.progress) {
    if (id === core.id) continue;
    // Never beyond what we know it has: it would commit an entry of its own that is not ours.
    const commit = Math.min(progress.match, core.log.committed);
    core.send({ ...core.envelope(id), kind: 'heartbeat', commit, readRound });
    progress.sentCommit = commit;
  }
}

/**
 * Commits what a quorum holds durable. Entries of earlier terms only along with one of ours: an
 * election could still overwrite them otherwise (Raft §5.4.2). @returns whether the commit index
 * moved.
 */
export function commitByQuorum(core: Core): boolean {
  const index = jointCommitted(core.configuration, (id) => core.progress.get(id)?.match);
  if (index <= core.log.committed || core.log.term(index) !== core.term) return false;
  core.log.commitTo(index);
  return true;
}
