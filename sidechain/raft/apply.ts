// SPDX-License-Identifier: Apache-2.0
// What follows from entries being applied: room for more, a changed configuration, and leaving a
// joint one.

import { assert } from '../../base/assert.ts';
import type { ConfigurationChange } from './configuration/change.ts';
import { type Configuration, isVoter } from './configuration/configuration.ts';
import type { Members } from './configuration/members.ts';
import { reconfigure } from './configuration/reconfigure.ts';
import { restoreMembers } from './configuration/restore.ts';
import type { Core } from './core.ts';
import { type Entry, entriesBytes, noNode, payloadBytes } from './entry.ts';
import { propose } from './propose.ts';
import { broadcastAppend, commitByQuorum } from './replicate.ts';
import { becomeFollower } from './roles/become.ts';
import type { Snapshot } from './storage.ts';
import { handOver } from './transfer.ts';

/** The caller has applied these entries. */
export function entriesApplied(core: Core, entries: readonly Entry[]): void {
  const last = entries.at(-1);
  if (last === undefined) return;
  appliedTo(core, last.index, entriesBytes(entries));
  core.uncommittedBytes = Math.max(core.uncommittedBytes - payloadBytes(entries), 0);
}

/** The caller has made the snapshot its state. Not before: it may still be applying entries from
 * before it. */
export function snapshotApplied(core: Core, snapshot: Snapshot): void {
  core.log.unstable.stableSnapshotTo(snapshot.index);
  switchTo(core, restoreMembers(snapshot.configuration, core.createProgress));
  appliedTo(core, snapshot.index, 0);
}

function appliedTo(core: Core, index: number, bytes: number): void {
  core.log.appliedTo(Math.max(index, core.log.applied), bytes);
  const isChangeApplied = core.log.applied >= core.pendingChangeIndex;
  if (core.role !== 'leader' || !core.configuration.autoLeave || !isChangeApplied) return;
  // Refused while leadership is handed over: then it is tried again at the next entry, here or over
  // there.
  propose(core, [{ kind: 'config', data: new Uint8Array() }]);
}

/**
 * A committed change takes effect, when its entry is applied and not before.
 * @throws InvariantError for a change that the configuration does not allow: all members would fail
 * alike.
 */
export function applyChange(core: Core, change: ConfigurationChange): Configuration {
  const members = reconfigure(core.members, change, core.createProgress);
  assert(members.ok, `a committed change fits its configuration: ${members.ok || members.detail}`);
  switchTo(core, members.value);
  return core.configuration;
}

/** The members are now these. A leader takes the consequences at once. */
function switchTo(core: Core, members: Members): void {
  core.configuration = members.configuration;
  core.progress = members.progress;
  if (core.role !== 'leader') return;
  if (!isVoter(core.configuration, core.id)) {
    if (core.options.removedLeader === 'hand-over') handOver(core);
    if (core.options.removedLeader === 'step-down') becomeFollower(core, core.term, noNode);
    return;
  }
  // A smaller quorum may hold more than the old one did. If not: new members need not wait for a
  // heartbeat.
  if (commitByQuorum(core)) broadcastAppend(core);
  else broadcastAppend(core, 'skip-empty');
  if (!isVoter(core.configuration, core.transferee)) core.transferee = noNode;
}
