// SPDX-License-Identifier: Apache-2.0
// A configuration with the leader's view of each member's log: what a configuration change turns into another.
// Values are never altered in place: a change that is refused half-way leaves nothing behind.

import { assert } from '../../../base/assert.ts';
import type { NodeId } from '../entry.ts';
import type { Progress } from '../progress/progress.ts';
import { type Configuration, isJoint, votersOf } from './configuration.ts';

export type Members = {
  readonly configuration: Configuration;
  /** One for each member, ascending by id. */
  readonly progress: ReadonlyMap<NodeId, Progress>;
};

/** Says what is wrong with a configuration, or with the progress kept for it; `undefined` if nothing is. */
function flawOf({ configuration, progress }: Members): string | undefined {
  const { votersOutgoing, learners, learnersNext, autoLeave } = configuration;
  const voters = votersOf(configuration);
  for (const id of [...voters, ...learners, ...learnersNext]) {
    if (!progress.has(id)) return `no progress for member ${id}`;
  }
  for (const id of learnersNext) {
    if (!votersOutgoing.includes(id)) return `member ${id} becomes a learner and is no old voter`;
    if (progress.get(id)?.isLearner) return `member ${id} becomes a learner and is one already`;
  }
  for (const id of learners) {
    if (voters.includes(id)) return `member ${id} is both learner and voter`;
    if (!progress.get(id)?.isLearner) return `member ${id} is a learner, but not in its progress`;
  }
  if (isJoint(configuration)) return undefined;
  if (learnersNext.length > 0) return 'learners to come need a joint configuration';
  if (autoLeave) return 'what is not joint is not left';
  return undefined;
}

export function assertSound(members: Members): Members {
  const flaw = flawOf(members);
  assert(flaw === undefined, `a configuration is sound: ${flaw}`);
  return members;
}
