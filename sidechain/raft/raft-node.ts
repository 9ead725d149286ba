// SPDX-License-Identifier: Apache-2.0
// One member's Raft, as its caller drives it: ticks, messages and proposals in, `Ready` out. Pure
// and synchronous: no clock, no socket, no disk. The semantics are those of etcd-io/raft.

import { assert } from '../../base/assert.ts';
import { applyChange } from './apply.ts';
import { type ConfigurationChange, encodeChange } from './configuration/change.ts';
import type { Configuration } from './configuration/configuration.ts';
import { restoreMembers } from './configuration/restore.ts';
import { Core } from './core.ts';
import { startElection } from './election.ts';
import { type NodeId, noNode } from './entry.ts';
import type { Message } from './message.ts';
import { completeOptions, type RaftOptions } from './options.ts';
import { type ProposeResult, propose } from './propose.ts';
import { type ReadResult, readIndex } from './read-index.ts';
import type { Ready } from './ready.ts';
import { ReadySource } from './ready-source.ts';
import { forgetLeader, reportSnapshot, reportUnreachable } from './report.ts';
import { becomeFollower } from './roles/become.ts';
import { type Status, statusOf } from './status.ts';
import { type StepResult, step } from './step.ts';
import { tick } from './tick.ts';
import { transferLeader } from './transfer.ts';

export class RaftNode {
  readonly #core: Core;
  readonly #source: ReadySource;

  /** Starts or restarts from what the storage holds, as a follower.
   * @throws TielineError `raft-options`. */
  constructor(options: RaftOptions) {
    this.#core = startCore(options);
    this.#source = new ReadySource(this.#core);
  }

  /** A tick has passed. The caller decides how long one is, and gives them evenly. */
  tick(): void {
    tick(this.#core);
  }

  /** A message has come, from a peer or from our own storage. A refusal asks for nothing to be
   * done. */
  step(message: Message): StepResult {
    return step(this.#core, message);
  }

  /** Proposes one `normal` entry for each of the data, next to each other. */
  propose(data: readonly Uint8Array[]): ProposeResult {
    assert(data.length > 0, 'something is proposed');
    return propose(
      this.#core,
      data.map((one) => ({ kind: 'normal', data: one })),
    );
  }

  /** Takes effect when it is committed and the caller calls `applyChange`. */
  proposeChange(change: ConfigurationChange): ProposeResult {
    return propose(this.#core, [{ kind: 'config', data: encodeChange(change) }]);
  }

  /** For each committed `config` entry, with `decodeChange` of its data, while applying it.
   * @returns the configuration from there on, to be stored with the applied state. */
  applyChange(change: ConfigurationChange): Configuration {
    return applyChange(this.#core, change);
  }

  /** Campaigns now, without waiting for the election timeout. @returns false if it must not. */
  campaign(): boolean {
    return startElection(this.#core);
  }

  /** Asks for the index from which on a read is linearizable; comes back in `Ready.readStates` with
   * `context`. */
  readIndex(context: Uint8Array): ReadResult {
    return readIndex(this.#core, context);
  }

  /** Asks the leader, be it us or another, to hand over. */
  transferLeader(to: NodeId): void {
    transferLeader(this.#core, to);
  }

  /** The leader is known to be gone: as a follower, vote for another without waiting. */
  forgetLeader(): void {
    forgetLeader(this.#core);
  }

  /** What was sent to this member lately is probably lost. */
  reportUnreachable(id: NodeId): void {
    reportUnreachable(this.#core, id);
  }

  /** Owed for each `snapshot` message, once: nothing else is sent to its receiver before. */
  reportSnapshot(id: NodeId, outcome: 'delivered' | 'failed'): void {
    reportSnapshot(this.#core, id, outcome);
  }

  /** Decides when to campaign, in place of the drawn timeout, until the role changes. */
  setElectionTimeout(ticks: number): void {
    assert(ticks > 0, 'a timeout is at least one tick');
    this.#core.electionTimeout = ticks;
  }

  hasReady(): boolean {
    return this.#source.has();
  }

  /** The work there is now; without `asyncStorageWrites` to be followed by `advance` before the
   * next. */
  ready(): Ready {
    return this.#source.take();
  }

  /** All of the last `Ready` is done. */
  advance(): void {
    for (const message of this.#source.takeOnAdvance()) step(this.#core, message);
  }

  status(): Status {
    return statusOf(this.#core);
  }
}

function startCore(options: RaftOptions): Core {
  const core = new Core(completeOptions(options));
  const { storage, applied } = core.options;
  const { hardState, configuration } = storage.initialState();
  const members = restoreMembers(configuration, core.createProgress);
  core.configuration = members.configuration;
  core.progress = members.progress;
  // What is applied was committed, even if the commit index was not written again before a crash.
  const committed = Math.max(hardState.commit, applied, core.log.committed);
  assert(
    committed <= core.log.lastIndex(),
    `index ${committed} is committed and the log ends at ${core.log.lastIndex()}: this storage ` +
      'lost entries. Let this member join again under a new id',
  );
  core.log.committed = committed;
  core.term = hardState.term;
  core.vote = hardState.vote;
  if (applied > core.log.applied) core.log.appliedTo(applied, 0);
  becomeFollower(core, core.term, noNode);
  return core;
}
