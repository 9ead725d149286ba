// SPDX-License-Identifier: Apache-2.0
// A configuration with the leader's view of each member's log: what a configuration change turns
// into another. Values are never altered in place: a change that is refused half-way leaves nothing
// behind.

import { assert } from '../../../base/assert.ts';
import type { NodeId } from '../entry.ts';
import type { Progress } from '../progress/progress.ts';
import { type Configuration, flawOfConfiguration, votersOf } from './configuration.ts';

export type Members = {
  readonly configuration: Configuration;
  /** One for each member, ascending by id. */
  readonly progress: ReadonlyMap<NodeId, Progress>;
};

/** Says what is wrong with the configuration, or with the progress kept for it. */
function flawOf({ configuration, progress }: Members): string | undefined {
  const { learners } = configuration;
  const ids = [...votersOf(configuration), ...learners];
  for (const id of ids) {
    const isLearner = progress.get(id)?.isLearner;
    if (isLearner === undefined) return `no progress for member ${id}`;
    if (isLearner !== learners.includes(id)) return `member ${id} is a learner in one place only`;
  }
  return flawOfConfiguration(configuration);
}

export function assertSound(members: Members): Members {
  const flaw = flawOf(members);
  assert(flaw === undefined, `a configuration is sound: ${flaw}`);
  return members;
}
