// SPDX-License-Identifier: Apache-2.0
// The entrance of every message: first its term is set against ours, then it goes to the role. What
// is refused changed nothing, but that we may have learned of a commit.

import { accept, type Result, refuse } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { entriesApplied, snapshotApplied } from './apply.ts';
import type { Core } from './core.ts';
import { learnCommit } from './election.ts';
import { noNode } from './entry.ts';
import {
  isResponse,
  type Message,
  type PeerMessage,
  type StorageAppendResponse,
} from './message.ts';
import { flawAgainstLog, flawOfMessage } from './message-flaw.ts';
import { type ProposalRefusal, propose } from './propose.ts';
import { becomeFollower } from './roles/become.ts';
import { stepCandidate } from './roles/candidate.ts';
import { stepFollower } from './roles/follower.ts';
import { stepLeader } from './roles/leader.ts';
import { isHeldByLease, onVote } from './vote.ts';

/** `unknown-peer`: an answer of one who is no member (any more). `lower-term`, `leased`: rightly
 * ignored. `malformed`, `term-leap`: no honest member says that. The others: a forwarded proposal
 * was not taken. */
export type StepRefusal =
  | 'malformed'
  | 'unknown-peer'
  | 'lower-term'
  | 'leased'
  | 'term-leap'
  | ProposalRefusal;

export type StepResult = Result<undefined, StepRefusal>;

const done: StepResult = accept(undefined);

export function step(core: Core, message: Message): StepResult {
  if (message.kind === 'storage-append-response') return onStorageAppend(core, message);
  if (message.kind === 'storage-apply-response') {
    entriesApplied(core, message.entries);
    return done;
  }
  const flaw = flawOfMessage(message) ?? flawAgainstLog(core, message);
  if (flaw !== undefined) return refuse('malformed', flaw);
  if (isResponse(message) && !core.progress.has(message.from)) {
    return refuse('unknown-peer', `member ${message.from} is not in our configuration`);
  }
  const isVoteAnswer = message.kind === 'vote-response' || message.kind === 'pre-vote-response';
  if (isVoteAnswer && !message.granted) learnCommit(core, message.commit);
  if (message.kind === 'propose' || message.kind === 'read-index') {
    // Passed on to whoever leads, in whatever term; once, not again: two members that each take the
    // other for the leader would play ball.
    if (core.role !== 'leader') return refuse('no-leader', 'this member does not lead (any more)');
    return stepInTerm(core, message);
  }
  if (message.term < core.term) return onLowerTerm(core, message);
  if (message.term > core.term) {
    const refusal = onHigherTerm(core, message);
    if (refusal !== undefined) return refusal;
  }
  return stepInTerm(core, message);
}

function stepInTerm(core: Core, message: PeerMessage): StepResult {
  if (message.kind === 'propose') {
    const proposed = propose(core, message.proposals);
    return proposed.ok ? done : proposed;
  }
  if (message.kind === 'vote' || message.kind === 'pre-vote') onVote(core, message);
  else if (core.role === 'leader') stepLeader(core, message);
  else if (core.role === 'follower') stepFollower(core, message);
  else stepCandidate(core, message);
  return done;
}

/** @returns why the message is refused; `undefined` if it goes on, in what may be a new term. */
function onHigherTerm(core: Core, message: PeerMessage): StepResult | undefined {
  if (message.term - core.term > limits.raftTermLeapMax) {
    return refuse('term-leap', `term ${message.term} is too far from ours, ${core.term}`);
  }
  switch (message.kind) {
    case 'vote':
    case 'pre-vote':
      if (isHeldByLease(core, message)) return refuse('leased', 'the leader is still heard');
      if (message.kind === 'vote') becomeFollower(core, message.term, noNode);
      return undefined;
    case 'pre-vote-response':
      // Granted, it bears the term we asked about and not yet ours; rejected, the sender's, which
      // we adopt.
      if (!message.granted) becomeFollower(core, message.term, noNode);
      return undefined;
    case 'append':
    case 'heartbeat':
    case 'snapshot':
      becomeFollower(core, message.term, message.from);
      return undefined;
    default:
      becomeFollower(core, message.term, noNode);
      return undefined;
  }
}

function onLowerTerm(core: Core, message: PeerMessage): StepResult {
  const { checkQuorum, preVote } = core.options;
  const isLeaderWord = message.kind === 'append' || message.kind === 'heartbeat';
  if (isLeaderWord && (checkQuorum || preVote)) {
    // A leader behind our term would not hear our vote requests: tell it our term, or we stay
    // stuck.
    core.send({
      ...core.envelope(message.from),
      kind: 'append-response',
      index: 0,
      session: 0,
      rejection: undefined,
    });
  } else if (message.kind === 'pre-vote') {
    // Told our term, it can campaign beyond it; met with silence, it might ask for ever.
    const kind = 'pre-vote-response';
    const commit = core.committed();
    core.send({ ...core.envelope(message.from), kind, granted: false, commit });
  }
  return refuse('lower-term', `term ${message.term} is over, ours is ${core.term}`);
}

function onStorageAppend(core: Core, message: StorageAppendResponse): StepResult {
  // Of an earlier term it says nothing about entries: others may have taken their places, and the
  // write that is reported be undone by one still to come. A snapshot is of committed state,
  // whatever the term.
  if (message.term < core.term) {
    if (message.snapshot !== undefined) snapshotApplied(core, message.snapshot);
    return refuse('lower-term', 'another write for the same entries is under way');
  }
  if (message.last !== undefined) core.log.unstable.stableTo(message.last);
  if (message.snapshot !== undefined) snapshotApplied(core, message.snapshot);
  return done;
}
