// SPDX-License-Identifier: Apache-2.0
// A member whose entries get into no block, though a leader is there, passes them to every other
// member as well. They pass them on, and see for themselves whether the leader takes them.

import { toHex } from '../base/bytes.ts';
import { limits } from '../base/limits.ts';
import type { Suite } from '../base/suite.ts';
import type { Log } from '../host/log.ts';
import type { MemberMessage } from './member-message.ts';
import type { Members } from './members.ts';
import type { NodeId } from './raft/entry.ts';
import type { Submissions } from './store/submissions.ts';

export type LeadingMember = { readonly id: NodeId; readonly term: number };

export type LeftOutParts = {
  readonly suite: Suite;
  readonly members: Members;
  readonly submissions: Submissions;
  /** Another member that leads. */
  readonly leader: () => LeadingMember | undefined;
  /** Whether all that is known to be committed is applied here. */
  readonly isCaughtUp: () => boolean;
  /** Held against a leader that leaves us out in spite of all. */
  readonly complain: (against: { readonly leader: NodeId; readonly term: number }) => void;
  readonly say: (to: NodeId, message: MemberMessage) => boolean;
  readonly monotonicMs: () => number;
  readonly log: Log;
};

/** The oldest entry of ours that waits, and the leader that does not take it. */
export type LeftOutStatus = {
  readonly entryId: Uint8Array;
  readonly waitingMs: number;
  /** Key id. */
  readonly leader: Uint8Array;
  readonly term: number;
};

export class LeftOut {
  readonly #parts: LeftOutParts;
  /** Position of the oldest entry that waits, and since when it is the oldest under a leader. */
  #oldest = { position: 0, sinceMs: 0 };
  #carriedMs = Number.NEGATIVE_INFINITY;

  constructor(parts: LeftOutParts) {
    this.#parts = parts;
  }

  /** Undefined while nothing waits for long. */
  get status(): LeftOutStatus | undefined {
    const { suite, members, submissions, leader, monotonicMs } = this.#parts;
    const waitingMs = monotonicMs() - this.#oldest.sinceMs;
    const leading = leader();
    const member = leading && members.member(leading.id);
    const [row] = submissions.waitingAfter(0, 0);
    const isOut = this.#oldest.position > 0 && waitingMs >= limits.leftOutMs;
    if (!isOut || leading === undefined || member === undefined || row === undefined) {
      return undefined;
    }
    const entryId = suite.sha256(row.entry.entry);
    return { entryId, waitingMs, leader: member.keyId, term: leading.term };
  }

  tick(): void {
    const { submissions, leader, isCaughtUp, complain, monotonicMs } = this.#parts;
    const nowMs = monotonicMs();
    const leading = leader();
    const position = submissions.waitingAfter(0, 0)[0]?.position ?? 0;
    // Without a leader nobody gets into blocks; behind, we do not know whether we did.
    const isWaiting = position > 0 && leading !== undefined && isCaughtUp();
    if (!isWaiting || position !== this.#oldest.position) {
      this.#oldest = { position: isWaiting ? position : 0, sinceMs: nowMs };
      return;
    }
    const waitedMs = nowMs - this.#oldest.sinceMs;
    if (waitedMs < limits.leftOutMs) return;
    if (nowMs - this.#carriedMs >= limits.carryMs) this.#carry(leading, waitedMs);
    if (waitedMs >= 2 * limits.leftOutMs) complain({ leader: leading.id, term: leading.term });
  }

  #carry({ id, term }: LeadingMember, waitedMs: number): void {
    const { suite, members, submissions, say, monotonicMs, log } = this.#parts;
    this.#carriedMs = monotonicMs();
    const rows = submissions.waitingAfter(0, limits.submitBytesMax);
    const [oldest] = rows;
    if (oldest === undefined) return;
    const entryId = toHex(suite.sha256(oldest.entry.entry)).slice(0, 16);
    log.warn('left-out', { leader: members.member(id)?.name, term, entryId, waitedMs });
    const entries = rows.map(({ entry }) => entry);
    for (const peer of members.peers) {
      if (peer.id !== id) say(peer.id, { kind: 'carry', entries });
    }
  }
}
