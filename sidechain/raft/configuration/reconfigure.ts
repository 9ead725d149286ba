// SPDX-License-Identifier: Apache-2.0
// The three ways from one configuration to the next: one voter at a time directly, or into a joint
// configuration and out of it. Any two majorities that follow each other share a voter: that is
// what the refusals are for (Raft thesis §4.1, §4.3).

import { accept, type Result, refuse } from '../../../base/errors.ts';
import { type ConfigurationChange, kindOf, type MemberChange } from './change.ts';
import { isJoint } from './configuration.ts';
import { type CreateProgress, Draft } from './draft.ts';
import { assertSound, type Members } from './members.ts';

export type ReconfigureRefusal =
  | 'already-joint'
  | 'not-joint'
  | 'simple-while-joint'
  | 'no-voters-to-leave'
  | 'no-voters-left'
  | 'several-voters-at-once';

export type Reconfigured = Result<Members, ReconfigureRefusal>;

/** Whichever of the three the change asks for. */
export function reconfigure(
  members: Members,
  change: ConfigurationChange,
  createProgress: CreateProgress,
): Reconfigured {
  const asked = kindOf(change);
  switch (asked.kind) {
    case 'simple':
      return changeSimply(members, change.changes, createProgress);
    case 'enter-joint':
      return enterJoint(members, { ...asked, changes: change.changes }, createProgress);
    case 'leave-joint':
      return leaveJoint(members, createProgress);
  }
}

/** Directly: of the voters at most one comes or goes; learners may change at will. */
export function changeSimply(
  members: Members,
  changes: readonly MemberChange[],
  createProgress: CreateProgress,
): Reconfigured {
  if (isJoint(members.configuration)) {
    return refuse('simple-while-joint', 'leave the joint configuration before another change');
  }
  const draft = new Draft(assertSound(members), createProgress);
  for (const change of changes) draft.apply(change);
  const before = members.configuration.voters;
  const after = draft.configuration.voters;
  if (after.length === 0) return refuseNoVotersLeft();
  const changed = [
    ...before.filter((id) => !after.includes(id)),
    ...after.filter((id) => !before.includes(id)),
  ];
  if (changed.length > 1) {
    return refuse('several-voters-at-once', 'to change several voters go through a joint one');
  }
  return accept(assertSound(draft.members()));
}

/** The voters as they are become the outgoing half; the changes make the incoming half. */
export function enterJoint(
  members: Members,
  asked: { readonly changes: readonly MemberChange[]; readonly autoLeave: boolean },
  createProgress: CreateProgress,
): Reconfigured {
  const { configuration } = members;
  if (isJoint(configuration)) {
    return refuse('already-joint', 'leave the joint configuration before entering another');
  }
  if (configuration.voters.length === 0) {
    return refuse('no-voters-to-leave', 'a configuration without voters cannot agree to a change');
  }
  const joint = { ...configuration, votersOutgoing: configuration.voters };
  const draft = new Draft({ ...assertSound(members), configuration: joint }, createProgress);
  for (const change of asked.changes) draft.apply(change);
  if (draft.configuration.voters.length === 0) return refuseNoVotersLeft();
  const { progress, configuration: entered } = draft.members();
  return accept(
    assertSound({ progress, configuration: { ...entered, autoLeave: asked.autoLeave } }),
  );
}

/** Only the incoming half stays. */
export function leaveJoint(members: Members, createProgress: CreateProgress): Reconfigured {
  if (!isJoint(members.configuration)) {
    return refuse('not-joint', 'there is no joint configuration to leave');
  }
  const draft = new Draft(assertSound(members), createProgress);
  draft.leaveJoint();
  return accept(assertSound(draft.members()));
}

function refuseNoVotersLeft(): Reconfigured {
  return refuse('no-voters-left', 'keep at least one voter');
}
