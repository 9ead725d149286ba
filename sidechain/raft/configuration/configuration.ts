// SPDX-License-Identifier: Apache-2.0
// Who the members are and who of them votes. Changing from one set of voters to another goes
// through a joint configuration, in which both sets must agree. Invariant: all lists ascend,
// without doubles.

import type { NodeId } from '../entry.ts';

export type Configuration = {
  readonly voters: readonly NodeId[];
  /** The voters being left; empty unless the configuration is joint. */
  readonly votersOutgoing: readonly NodeId[];
  /** Members that get the log and do not vote. */
  readonly learners: readonly NodeId[];
  /** Voters of the outgoing set that become learners when the joint configuration is left. */
  readonly learnersNext: readonly NodeId[];
  /** The leader itself proposes to leave the joint configuration, as soon as it is applied. */
  readonly autoLeave: boolean;
};

export const emptyConfiguration: Configuration = {
  voters: [],
  votersOutgoing: [],
  learners: [],
  learnersNext: [],
  autoLeave: false,
};

export function isJoint(configuration: Configuration): boolean {
  return configuration.votersOutgoing.length > 0;
}

/** Says why no change could have made this configuration; `undefined` if one could. */
export function flawOfConfiguration(configuration: Configuration): string | undefined {
  const { votersOutgoing, learners, learnersNext, autoLeave } = configuration;
  const voters = votersOf(configuration);
  const lists = [configuration.voters, votersOutgoing, learners, learnersNext];
  if (!lists.every(isAscending)) return 'ids are positive, ascend, and stand there once';
  const both = learners.find((id) => voters.includes(id));
  if (both !== undefined) return `member ${both} is both learner and voter`;
  const stranger = learnersNext.find((id) => !votersOutgoing.includes(id));
  if (stranger !== undefined) return `member ${stranger} becomes a learner and is no old voter`;
  if (autoLeave && !isJoint(configuration)) return 'what is not joint is not left';
  return undefined;
}

function isAscending(ids: readonly NodeId[]): boolean {
  return ids.every((id, i) => id > (ids[i - 1] ?? 0));
}

/** Everyone who votes, in either half, ascending. */
export function votersOf(configuration: Configuration): readonly NodeId[] {
  return configuration.votersOutgoing.reduce(withId, configuration.voters);
}

export function isVoter(configuration: Configuration, id: NodeId): boolean {
  return configuration.voters.includes(id) || configuration.votersOutgoing.includes(id);
}

export function isMember(configuration: Configuration, id: NodeId): boolean {
  return isVoter(configuration, id) || configuration.learners.includes(id);
}

/** With one more id, still ascending and without doubles. */
export function withId(ids: readonly NodeId[], id: NodeId): readonly NodeId[] {
  return ids.includes(id) ? ids : [...ids, id].sort((a, b) => a - b);
}

export function withoutId(ids: readonly NodeId[], id: NodeId): readonly NodeId[] {
  return ids.includes(id) ? ids.filter((one) => one !== id) : ids;
}
