// SPDX-License-Identifier: Apache-2.0
// How a follower's log comes to be its leader's. Each acknowledgement binds: it is sent when what
// it says is durable, and nothing committed is ever given up.

import { isMember } from './configuration/configuration.ts';
import type { Core } from './core.ts';
import type { Append, Heartbeat, InstallSnapshot } from './message.ts';
import type { Snapshot } from './storage.ts';

export function onAppend(core: Core, message: Append): void {
  const { previous, entries, commit } = message;
  const { log } = core;
  if (previous.index < log.committed) {
    // Old: up to the commit index we agree with any leader.
    acknowledge(core, message, log.committed);
    return;
  }
  const agreed = log.maybeAppend(previous, entries, commit);
  if (agreed !== undefined) {
    acknowledge(core, message, agreed);
    return;
  }
  // Skip all of ours that is of a later term than the leader's there: none of it can agree.
  const hint = log.findConflictByTerm(Math.min(previous.index, log.lastIndex()), previous.term);
  core.send({
    ...core.envelope(message.from),
    kind: 'append-response',
    index: previous.index,
    session: message.session,
    rejection: { hint },
  });
}

export function onHeartbeat(core: Core, message: Heartbeat): void {
  core.log.commitTo(message.commit);
  const { readRound } = message;
  core.send({ ...core.envelope(message.from), kind: 'heartbeat-response', readRound });
}

export function onSnapshot(core: Core, message: InstallSnapshot): void {
  const isRestored = restore(core, message.snapshot);
  acknowledge(core, message, isRestored ? core.log.lastIndex() : core.log.committed);
}

/** @returns false if the snapshot brings nothing that we do not have. */
function restore(core: Core, snapshot: Snapshot): boolean {
  const { log } = core;
  if (snapshot.index <= log.committed) return false;
  // Without us in it we would not know what we are.
  if (!isMember(snapshot.configuration, core.id)) return false;
  if (log.matches(snapshot)) {
    // We have all of it as entries; what follows them may be kept, too.
    log.commitTo(snapshot.index);
    return false;
  }
  // An entry of another term at its index, and all behind it, goes with the rest of the log.
  log.restore(snapshot);
  return true;
}

function acknowledge(core: Core, message: Append | InstallSnapshot, index: number): void {
  core.send({
    ...core.envelope(message.from),
    kind: 'append-response',
    index,
    session: message.session,
    rejection: undefined,
  });
}
