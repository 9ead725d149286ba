// SPDX-License-Identifier: Apache-2.0
// Whether to give a vote. Anyone who is asked may vote, learners too: by the caller's configuration
// we may be a voter already and not know it yet.

import type { Core } from './core.ts';
import { noNode } from './entry.ts';
import type { Vote } from './message.ts';

/** In a term that is ours by now, or for a pre-vote may be ahead of us. */
export function onVote(core: Core, message: Vote): void {
  const isPreVote = message.kind === 'pre-vote';
  const isFree =
    core.vote === message.from ||
    (core.vote === noNode && core.leader === noNode) ||
    (isPreVote && message.term > core.term);
  const granted = isFree && core.log.isUpToDate(message.last) && !goesFirst(core, message);
  // A grant bears the term asked about: the candidate would ignore one of our older term.
  const term = granted ? message.term : core.term;
  const kind = isPreVote ? 'pre-vote-response' : 'vote-response';
  core.send({ ...core.envelope(message.from), term, kind, granted, commit: core.committed() });
  if (!granted || isPreVote) return;
  core.electionElapsed = 0;
  core.vote = message.from;
}

/**
 * Whether we have just asked for the same, with as much: two that grant each other's pre-vote would both
 * campaign, each vote for itself, and both wait once more. The lower id goes first, but not for long: where
 * it asks in vain, because others do not hear it, it must not hold up whom they do hear.
 */
function goesFirst(core: Core, { kind, from, last }: Vote): boolean {
  const { preVoteTies, electionTicks } = core.options;
  if (kind !== 'pre-vote' || core.role !== 'pre-candidate') return false;
  if (preVoteTies === 'grant' || core.electionElapsed * 2 >= electionTicks) return false;
  const own = core.log.last();
  return core.id < from && own.term === last.term && own.index === last.index;
}

/** We hear a leader: whoever does not should not unseat it, unless it is the leader's own wish. */
export function isHeldByLease(core: Core, message: Vote): boolean {
  const { checkQuorum, electionTicks } = core.options;
  const hearsLeader = core.leader !== noNode && core.electionElapsed < electionTicks;
  return checkQuorum && hearsLeader && !message.transfer;
}
