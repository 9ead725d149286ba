// SPDX-License-Identifier: Apache-2.0
// The four changes of role. Each resets what belongs to a term or to a leadership; none of them
// sends or appends: that stands with what brings them about.

import { assert } from '../../../base/assert.ts';
import type { Core } from '../core.ts';
import { type NodeId, noNode } from '../entry.ts';
import { ReadRounds } from '../read-rounds.ts';

export function becomeFollower(core: Core, term: number, leader: NodeId): void {
  reset(core, term);
  core.role = 'follower';
  core.leader = leader;
}

/** Changes neither term nor vote, nor when we last heard of a leader: a pre-vote must leave no
 * trace. */
export function becomePreCandidate(core: Core): void {
  assert(core.role !== 'leader', 'a leader does not campaign');
  // Asked in vain: those that ask in step, and hold each other up, have to fall out of it.
  if (core.role === 'pre-candidate') drawElectionTimeout(core);
  core.votes = new Map();
  core.role = 'pre-candidate';
  core.leader = noNode;
}

export function becomeCandidate(core: Core): void {
  assert(core.role !== 'leader', 'a leader does not campaign');
  reset(core, core.term + 1);
  core.role = 'candidate';
  core.vote = core.id;
}

export function becomeLeader(core: Core): void {
  assert(core.role === 'candidate', 'only a candidate is elected');
  reset(core, core.term);
  core.role = 'leader';
  core.leader = core.id;
  const own = core.progress.get(core.id);
  assert(own !== undefined, 'who is elected is a member');
  own.becomeReplicate();
  own.recentActive = true;
  // There may be a configuration change in what we took over: hold back ours until all of that is
  // applied.
  core.pendingChangeIndex = core.log.lastIndex();
}

function drawElectionTimeout(core: Core): void {
  const { electionTicks, random } = core.options;
  const drawn = random();
  assert(drawn >= 0 && drawn < 1, 'random() is from 0 up to but without 1');
  core.electionTimeout = electionTicks + Math.floor(drawn * electionTicks);
}

function reset(core: Core, term: number): void {
  assert(term >= core.term, 'a term never falls');
  if (term !== core.term) {
    core.term = term;
    core.vote = noNode;
  }
  core.leader = noNode;
  core.electionElapsed = 0;
  core.heartbeatElapsed = 0;
  drawElectionTimeout(core);
  core.transferee = noNode;
  core.votes = new Map();
  const lastIndex = core.log.lastIndex();
  core.progress = new Map(
    [...core.progress].map(([id, { isLearner }]) => {
      const match = id === core.id ? lastIndex : 0;
      return [id, core.newProgress({ match, next: lastIndex + 1, isLearner })];
    }),
  );
  core.pendingChangeIndex = 0;
  core.uncommittedBytes = 0;
  core.reads = new ReadRounds();
  core.pendingReads = [];
}
