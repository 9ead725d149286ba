// SPDX-License-Identifier: Apache-2.0
// How a member's own entries get to the leader, and what the leader takes of others. An entry is in
// the outbox of whoever signed it until a block has it, so all here may be lost: it is sent again
// when another leads, when no answer comes, and when no block has it after a while.

import { limits } from '../base/limits.ts';
import type { Log } from '../host/log.ts';
import type { MemberMessage, MessageOf } from './member-message.ts';
import type { NodeId } from './raft/entry.ts';
import type { OutboxRow } from './store/outbox.ts';
import type { PeerPool } from './store/peer-pool.ts';
import type { Submissions } from './store/submissions.ts';

export type RelayParts = {
  readonly submissions: Submissions;
  readonly peerPool: PeerPool;
  /** Whether we lead, and all before our term is applied. */
  readonly mayTake: () => boolean;
  /** Another member that leads. */
  readonly leader: () => { readonly id: NodeId; readonly term: number } | undefined;
  readonly say: (to: NodeId, message: MemberMessage) => boolean;
  readonly monotonicMs: () => number;
  readonly log: Log;
};

type Sent = { readonly number: number; readonly rows: readonly OutboxRow[]; readonly atMs: number };

export class Relay {
  readonly #parts: RelayParts;
  /** Up to this position of the outbox the leader has taken all. */
  #taken = 0;
  /** Not answered yet, in order. */
  #sent: readonly Sent[] = [];
  #number = 0;
  #pausedToMs = 0;
  #leader: { readonly id: NodeId; readonly term: number } | undefined;
  #retryCount = 0;
  /** The oldest entry that waits, and since when it is the oldest. */
  #oldest = { position: 0, sinceMs: 0 };

  constructor(parts: RelayParts) {
    this.#parts = parts;
  }

  /** Passes on what there is. Called often: whenever something may have changed. */
  forward(): void {
    const nowMs = this.#parts.monotonicMs();
    this.#rewindIfNeeded(nowMs);
    const leader = this.#leader;
    if (leader === undefined || nowMs < this.#pausedToMs) return;
    if (this.#sent.length === limits.submitsUnderWayMax) return;
    const sentTo = this.#sent.at(-1)?.rows.at(-1)?.position ?? this.#taken;
    const rows = this.#parts.submissions.waitingAfter(sentTo, limits.submitBytesMax);
    if (rows.length === 0) return;
    this.#number += 1;
    const entries = rows.map(({ entry }) => entry);
    this.#parts.say(leader.id, { kind: 'submit', number: this.#number, entries });
    this.#sent = [...this.#sent, { number: this.#number, rows, atMs: nowMs }];
  }

  onTaken(from: NodeId, { number, count, reason }: MessageOf<'taken'>): void {
    const [sent, ...behind] = this.#sent;
    if (sent?.number !== number || from !== this.#leader?.id) return;
    // What is not taken is sent once more, and all behind it.
    this.#sent = reason === null ? behind : [];
    this.#taken = sent.rows[count - 1]?.position ?? this.#taken;
    if (reason === null) return;
    this.#pausedToMs = this.#parts.monotonicMs() + pauseMs(reason);
    if (reason === 'gap') this.#taken = 0;
    if (reason === 'refused') this.#parts.log.warn('submission-refused', { leader: from });
  }

  /** We lead: takes what other members signed, of each in the order in which it came. attacker-controlled */
  onSubmit(from: NodeId, { number, entries }: MessageOf<'submit'>): void {
    const { peerPool, mayTake, say, monotonicMs } = this.#parts;
    const nowMs = monotonicMs();
    let count = 0;
    let reason: string | null = mayTake() ? null : 'no-leader';
    for (const entry of reason === null ? entries : []) {
      const admission = peerPool.admit(from, entry, nowMs);
      if (admission !== 'taken') {
        reason = admission;
        break;
      }
      count += 1;
    }
    say(from, { kind: 'taken', number, count, reason });
  }

  #rewindIfNeeded(nowMs: number): void {
    const { submissions, leader: currentLeader } = this.#parts;
    const leader = currentLeader();
    const isSame = leader?.id === this.#leader?.id && leader?.term === this.#leader?.term;
    if (!isSame || submissions.retryCount !== this.#retryCount) this.#rewind(nowMs);
    this.#leader = leader;
    this.#retryCount = submissions.retryCount;
    const isUnanswered =
      this.#sent[0] !== undefined && nowMs - this.#sent[0].atMs >= limits.submitTimeoutMs;
    if (isUnanswered) this.#sent = [];
    const position = submissions.waitingAfter(0, 0)[0]?.position ?? 0;
    if (position !== this.#oldest.position) this.#oldest = { position, sinceMs: nowMs };
    const isTaken = position > 0 && position <= this.#taken;
    if (isTaken && nowMs - this.#oldest.sinceMs >= limits.resubmitMs) this.#rewind(nowMs);
  }

  #rewind(nowMs: number): void {
    this.#taken = 0;
    this.#sent = [];
    this.#pausedToMs = 0;
    this.#oldest = { ...this.#oldest, sinceMs: nowMs };
  }
}

function pauseMs(reason: string): number {
  return reason === 'refused' ? limits.resubmitMs : limits.submitPauseMs;
}
