// SPDX-License-Identifier: Apache-2.0
// From a stored configuration back to members with progress: what a start and a snapshot need. It
// goes through the same checks as a change.

import type { NodeId } from '../entry.ts';
import type { Progress } from '../progress/progress.ts';
import { type Configuration, votersOf } from './configuration.ts';
import type { CreateProgress } from './draft.ts';
import { assertSound, type Members } from './members.ts';

/** @throws InvariantError for a configuration that no change could have made. */
export function restoreMembers(
  configuration: Configuration,
  createProgress: CreateProgress,
): Members {
  const { learners } = configuration;
  const ids = [...votersOf(configuration), ...learners].sort((a, b) => a - b);
  const progress = new Map<NodeId, Progress>();
  for (const id of ids) progress.set(id, createProgress({ isLearner: learners.includes(id) }));
  return assertSound({ configuration, progress });
}
