// SPDX-License-Identifier: Apache-2.0
// What can be seen from outside, for people, metrics and the checks of a simulation. A copy: it
// stays as it is.

import type { Configuration } from './configuration/configuration.ts';
import type { Core, Role } from './core.ts';
import type { NodeId } from './entry.ts';
import type { ProgressState } from './progress/progress.ts';
import type { HardState } from './storage.ts';

export type ProgressStatus = {
  readonly state: ProgressState;
  readonly match: number;
  readonly next: number;
  readonly isLearner: boolean;
  readonly isPaused: boolean;
  readonly recentActive: boolean;
  /** 0 unless in state `snapshot`. */
  readonly pendingSnapshot: number;
  readonly inflightCount: number;
  readonly isInflightFull: boolean;
  readonly session: number;
};

export type Status = HardState & {
  readonly id: NodeId;
  readonly role: Role;
  readonly leader: NodeId;
  readonly transferee: NodeId;
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly applied: number;
  readonly configuration: Configuration;
  /** Of each member, ascending by id; empty unless we lead. */
  readonly progress: ReadonlyMap<NodeId, ProgressStatus>;
};

export function statusOf(core: Core): Status {
  const { id, role, leader, transferee, configuration, log } = core;
  return {
    ...core.hardState(),
    id,
    role,
    leader,
    transferee,
    firstIndex: log.firstIndex(),
    lastIndex: log.lastIndex(),
    applied: log.applied,
    configuration,
    progress: role === 'leader' ? progressOf(core) : new Map(),
  };
}

function progressOf(core: Core): ReadonlyMap<NodeId, ProgressStatus> {
  return new Map(
    [...core.progress].map(([id, progress]) => {
      const { state, match, next, isLearner, isPaused, recentActive } = progress;
      const { pendingSnapshot, session, inflights } = progress;
      const seen = {
        state,
        match,
        next,
        isLearner,
        isPaused,
        recentActive,
        pendingSnapshot,
        session,
      };
      return [id, { ...seen, inflightCount: inflights.count, isInflightFull: inflights.isFull() }];
    }),
  );
}
