// SPDX-License-Identifier: Apache-2.0
// Campaigns: who may start one, what is asked of whom, and how the votes are counted. With pre-vote
// a member first asks whether it would be elected, so that one who cannot win does not raise the
// term for all.

import { assert } from '../../base/assert.ts';
import { votersOf } from './configuration/configuration.ts';
import type { Core } from './core.ts';
import { type NodeId, noNode, type Position } from './entry.ts';
import { appendAsLeader } from './propose.ts';
import { jointVote } from './quorum/joint.ts';
import { broadcastAppend } from './replicate.ts';
import {
  becomeCandidate,
  becomeFollower,
  becomeLeader,
  becomePreCandidate,
} from './roles/become.ts';

/** `transfer`: the leader asked us to take over, so neither pre-vote nor its lease stands in the
 * way. */
export type Campaign = 'pre-election' | 'election' | 'transfer';

/** Starts a campaign, unless we must not. @returns whether it did. */
export function campaignIfAllowed(core: Core, campaign: Campaign): boolean {
  if (core.role === 'leader' || !core.isPromotable()) return false;
  // Elected by voters that a committed change has already replaced, we would be one of two leaders.
  if (hasUnappliedChange(core)) return false;
  startCampaign(core, campaign);
  return true;
}

export function startElection(core: Core): boolean {
  return campaignIfAllowed(core, core.options.preVote ? 'pre-election' : 'election');
}

function startCampaign(core: Core, campaign: Campaign): void {
  const isPreVote = campaign === 'pre-election';
  if (isPreVote) becomePreCandidate(core);
  else becomeCandidate(core);
  // A pre-vote is about the term that would come.
  const term = isPreVote ? core.term + 1 : core.term;
  const last = core.log.last();
  for (const id of votersOf(core.configuration)) {
    if (id === core.id) {
      // Our own vote counts once it is durable, like any other.
      const kind = isPreVote ? 'pre-vote-response' : 'vote-response';
      core.send({ ...core.envelope(id), term, kind, granted: true, commit: core.committed() });
      continue;
    }
    const kind = isPreVote ? 'pre-vote' : 'vote';
    const transfer = campaign === 'transfer';
    core.send({ ...core.envelope(id), term, kind, last, transfer });
  }
}

/** An answer to our campaign. The first of each voter counts. */
export function countVote(core: Core, from: NodeId, granted: boolean): void {
  if (!core.votes.has(from)) core.votes.set(from, granted);
  const result = jointVote(core.configuration, core.votes);
  if (result === 'lost') becomeFollower(core, core.term, noNode);
  if (result !== 'won') return;
  if (core.role === 'pre-candidate') {
    startCampaign(core, 'election');
    return;
  }
  becomeLeader(core);
  // Nothing of earlier terms is committed before an entry of ours: open the term with an empty one.
  const opened = appendAsLeader(core, [{ kind: 'normal', data: new Uint8Array() }]);
  assert(opened !== undefined, 'no limit holds back an empty entry');
  broadcastAppend(core);
}

/**
 * Who refuses us its vote may know of more that is committed. If our log has that, too, it is
 * committed for us: among it may be the very change by which the refusing member's vote is not
 * needed any more, and without this way of learning of it nobody could ever be elected
 * (etcd-io/etcd #12359).
 */
export function learnCommit(core: Core, commit: Position): void {
  if (core.role === 'leader' || !core.log.matches(commit)) return;
  core.log.commitTo(commit.index);
  // The campaign goes by voters that may be replaced: apply first.
  if (core.role !== 'follower' && hasUnappliedChange(core)) {
    becomeFollower(core, core.term, noNode);
  }
}

function hasUnappliedChange(core: Core): boolean {
  const { log, options } = core;
  let from = log.applied + 1;
  while (from <= log.committed) {
    const page = log.slice(from, log.committed + 1, options.applyingBytesMax);
    assert(page !== undefined && page.length > 0, 'what is not applied is in the log');
    if (page.some((entry) => entry.kind === 'config')) return true;
    from += page.length;
  }
  return false;
}
