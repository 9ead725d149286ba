// SPDX-License-Identifier: Apache-2.0
// What a leader knows of one member's log. Three states: `probe` finds out where the logs agree,
// one message at a time; `replicate` streams ahead of the acknowledgements; `snapshot` waits for
// one to be installed. Invariant: match < next; everything up to match is durable on the member.

import { assert } from '../../../base/assert.ts';
import type { Inflights } from './inflights.ts';

export type ProgressState = 'probe' | 'replicate' | 'snapshot';

export type ProgressSeed = {
  readonly match?: number;
  readonly next: number;
  readonly isLearner: boolean;
  readonly recentActive?: boolean;
  /** Distinct for each time a member is added: an answer to an earlier membership counts for
   * nothing. */
  readonly session: number;
  readonly inflights: Inflights;
};

export class Progress {
  match: number;
  next: number;
  isLearner: boolean;
  /** Heard of since the last check of the quorum. */
  recentActive: boolean;
  readonly session: number;
  state: ProgressState = 'probe';
  /** The index of the snapshot under way; 0 unless in state `snapshot`. */
  pendingSnapshot = 0;
  /** No more appends until an answer, or a heartbeat's answer, arrives. */
  appendsPaused = false;
  /** The highest commit index it was told; lowered when what carried it may be lost. */
  sentCommit = 0;
  readonly inflights: Inflights;

  constructor(seed: ProgressSeed) {
    this.match = seed.match ?? 0;
    this.next = seed.next;
    this.isLearner = seed.isLearner;
    this.recentActive = seed.recentActive ?? false;
    this.session = seed.session;
    this.inflights = seed.inflights;
  }

  /** For a changed configuration: of the two only one is used on, so they may share the window. */
  copy(): Progress {
    return Object.assign(new Progress(this), this);
  }

  get isPaused(): boolean {
    return this.state === 'snapshot' || this.appendsPaused;
  }

  becomeProbe(): void {
    // After a snapshot go on behind it: the answer that it is installed may still be on its way.
    const behind = this.state === 'snapshot' ? this.pendingSnapshot : 0;
    this.#enter('probe');
    this.next = Math.max(this.match, behind) + 1;
    this.#limitSentCommit();
  }

  becomeReplicate(): void {
    this.#enter('replicate');
    this.next = this.match + 1;
  }

  becomeSnapshot(index: number): void {
    this.#enter('snapshot');
    this.pendingSnapshot = index;
    this.next = index + 1;
    this.sentCommit = index;
  }

  /** An append with so many entries went out. */
  sentEntries(sent: { readonly count: number; readonly bytes: number }): void {
    assert(this.state !== 'snapshot', 'nothing is appended while a snapshot is installed');
    if (this.state === 'probe') {
      if (sent.count > 0) this.appendsPaused = true;
      return;
    }
    if (sent.count > 0) {
      this.next += sent.count;
      this.inflights.add({ index: this.next - 1, bytes: sent.bytes });
    }
    this.appendsPaused = this.inflights.isFull();
  }

  /** Whether telling it this commit index would let it commit more than it was told. */
  canBumpCommit(commit: number): boolean {
    return commit > this.sentCommit && this.sentCommit < this.next - 1;
  }

  /** It acknowledged up to `index`. False if that is no news. */
  acknowledge(index: number): boolean {
    if (index <= this.match) return false;
    this.match = index;
    this.next = Math.max(this.next, index + 1);
    this.appendsPaused = false;
    return true;
  }

  /**
   * It rejected an append after `rejected`; the logs may agree at `hint`. False if that is old:
   * appends are answered out of order, and one of an earlier probe must not throw progress back.
   */
  decrease(rejected: number, hint: number): boolean {
    if (this.state === 'replicate') {
      if (rejected <= this.match) return false;
      this.next = this.match + 1;
      this.#limitSentCommit();
      return true;
    }
    if (this.next - 1 !== rejected) return false;
    this.next = Math.max(Math.min(rejected, hint + 1), this.match + 1);
    this.#limitSentCommit();
    this.appendsPaused = false;
    return true;
  }

  #enter(state: ProgressState): void {
    this.state = state;
    this.appendsPaused = false;
    this.pendingSnapshot = 0;
    this.inflights.reset();
  }

  #limitSentCommit(): void {
    this.sentCommit = Math.min(this.sentCommit, this.next - 1);
  }
}
