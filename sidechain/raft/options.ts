// SPDX-License-Identifier: Apache-2.0
// What a member's core is started with, and the defaults: the safe setting of each.

import { TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { NodeId } from './entry.ts';
import type { Storage } from './storage.ts';

export type RaftOptions = {
  readonly id: NodeId;
  /** Without word from a leader for so many ticks, up to twice as many, a follower campaigns. */
  readonly electionTicks: number;
  /** A leader lets itself be heard every so many ticks. Well below `electionTicks`: a tenth is
   * usual. */
  readonly heartbeatTicks: number;
  readonly storage: Storage;
  /** From 0 up to but without 1, evenly: spreads the election timeouts. */
  readonly random: () => number;
  /** Entries up to there are applied already and not handed out again. Only for a restart. */
  readonly applied?: number;
  /** Ask whether an election could be won before disturbing a term. Default true. */
  readonly preVote?: boolean;
  /** Of two that ask for a pre-vote at the same time, with as much of the log, the one with the lower
   * id does not grant the other's; or both grant, as etcd-io/raft does. Default `lower-id-first`. */
  readonly preVoteTies?: 'lower-id-first' | 'grant';
  /** A leader that does not hear a quorum steps down, and members that hear a leader give no votes.
   * Default true. */
  readonly checkQuorum?: boolean;
  /** What a leader does when a change that takes away its vote is applied. `hand-over`: takes no
   * proposals and leads on until a voter has its whole log and takes over. `step-down`: at once; if
   * the word of the commit is then lost, its longer log can keep all voters from being elected.
   * `stay`: leads on. Default `hand-over`. */
  readonly removedLeader?: 'hand-over' | 'step-down' | 'stay';
  /** Followers pass proposals on to the leader. Default true. */
  readonly forwardProposals?: boolean;
  /** A leader lets no second configuration change into the log while one is not applied. Default
   * true; false only where something above orders them: one that cannot be applied ends the
   * process. */
  readonly checkConfigurationChanges?: boolean;
  /** `forgetLeader` does nothing: for callers whose reads rest on the leader's lease. Default
   * false. */
  readonly keepLeader?: boolean;
  /** Several writes may be under way; each is reported by `Ready.appendResponses` and
   * `Ready.applyResponses`, in the place of `advance`. Default false. */
  readonly asyncStorageWrites?: boolean;
  /** Limits, in bytes but for the messages. Each lets at least one entry pass. */
  readonly appendBytesMax?: number;
  readonly applyingBytesMax?: number;
  readonly uncommittedBytesMax?: number;
  readonly inflightMessagesMax?: number;
  readonly inflightBytesMax?: number;
};

export type CompleteOptions = Required<RaftOptions>;

/** @throws TielineError `raft-options`, naming what is out of range. */
export function completeOptions(options: RaftOptions): CompleteOptions {
  const complete: CompleteOptions = {
    applied: 0,
    preVote: true,
    preVoteTies: 'lower-id-first',
    checkQuorum: true,
    removedLeader: 'hand-over',
    forwardProposals: true,
    checkConfigurationChanges: true,
    keepLeader: false,
    asyncStorageWrites: false,
    appendBytesMax: limits.raftAppendBytesMax,
    applyingBytesMax: limits.raftApplyingBytesMax,
    uncommittedBytesMax: limits.raftUncommittedBytesMax,
    inflightMessagesMax: limits.raftInflightMessagesMax,
    inflightBytesMax: limits.raftInflightBytesMax,
    ...options,
  };
  const flaw = flawOf(complete);
  if (flaw !== undefined) throw new TielineError('raft-options', flaw);
  return complete;
}

function flawOf(options: CompleteOptions): string | undefined {
  const isId = Number.isSafeInteger(options.id) && options.id > 0;
  if (!isId) return 'id: a positive integer is needed';
  if (options.heartbeatTicks < 1) return 'heartbeatTicks: at least 1 is needed';
  if (options.electionTicks <= options.heartbeatTicks) {
    return 'electionTicks: more than heartbeatTicks are needed, ten times as many are usual';
  }
  if (options.inflightMessagesMax < 1) return 'inflightMessagesMax: at least 1 is needed';
  if (options.applyingBytesMax < 1) return 'applyingBytesMax: at least 1 is needed';
  if (options.inflightBytesMax < options.appendBytesMax) {
    return 'inflightBytesMax: at least appendBytesMax is needed';
  }
  return undefined;
}
