// SPDX-License-Identifier: Apache-2.0
// What a member does about a leader that lies, or leaves another member out. It gives it no
// co-signature for a time, asks it to hand over, and, when that does not help, stops following it
// in its term: where a majority does so, another is elected. It promises nothing and breaks no
// promise by that: to Raft these are messages that got lost. For one cause it does so once in a
// long while, so that a member that is broken, or lies, cannot cause election after election.

import { limits } from '../base/limits.ts';
import type { Log } from '../host/log.ts';
import type { MemberMessage, MessageOf } from './member-message.ts';
import type { Members } from './members.ts';
import { type NodeId, noNode } from './raft/entry.ts';
import type { PeerMessage } from './raft/message.ts';
import type { RaftNode } from './raft/raft-node.ts';

export type Grievance = MessageOf<'yield'>['reason'];

export type OversightParts = {
  readonly members: Members;
  readonly raft: Pick<RaftNode, 'status' | 'forgetLeader'>;
  readonly say: (to: NodeId, message: MemberMessage) => boolean;
  readonly monotonicMs: () => number;
  readonly log: Log;
};

/** What is held against the leader of a term. */
type Complaint = {
  readonly leader: NodeId;
  readonly term: number;
  readonly reason: Grievance;
  readonly sinceMs: number;
  isShunned: boolean;
};

export type OversightStatus = {
  /** Members that get no co-signature from this one, by name. */
  readonly suspended: readonly string[];
  /** So many times this member asked a leader to hand over, and stopped following one. */
  readonly yieldsAsked: number;
  readonly leadersShunned: number;
};

export class Oversight {
  readonly #parts: OversightParts;
  readonly #suspendedToMs = new Map<NodeId, number>();
  /** When a complaint was made last, by its cause. */
  readonly #complainedMs = new Map<string, number>();
  #complaint: Complaint | undefined;
  #yieldsAsked = 0;
  #leadersShunned = 0;

  constructor(parts: OversightParts) {
    this.#parts = parts;
  }

  get status(): OversightStatus {
    const { members } = this.#parts;
    const suspended = [...this.#suspendedToMs.keys()].filter((id) => this.isSuspended(id));
    return {
      suspended: suspended.map((id) => members.member(id)?.name ?? `${id}`),
      yieldsAsked: this.#yieldsAsked,
      leadersShunned: this.#leadersShunned,
    };
  }

  /** Whether this member gets no co-signature from us for now. */
  isSuspended(id: NodeId): boolean {
    return this.#parts.monotonicMs() < (this.#suspendedToMs.get(id) ?? 0);
  }

  /** A leader has put into the log what no honest one does. */
  faulted(leader: NodeId, term: number): void {
    const { members, monotonicMs, log } = this.#parts;
    const member = members.member(leader);
    if (member === undefined || leader === members.own.id) return;
    if (!this.isSuspended(leader)) log.error('member-suspended', { member: member.name, term });
    this.#suspendedToMs.set(leader, monotonicMs() + limits.suspendMs);
    this.complain('bad-block', leader, { leader, term });
  }

  /**
   * Asks the leader to hand over, if it still leads that term.
   * @param about the member that this is about, the leader itself where it lies.
   */
  complain(
    reason: Grievance,
    about: NodeId,
    against: { readonly leader: NodeId; readonly term: number },
  ): void {
    const { raft, say, monotonicMs, log, members } = this.#parts;
    const { leader, term } = raft.status();
    const isNow = leader === against.leader && term === against.term;
    if (!isNow || leader === members.own.id || this.#complaint?.term === term) return;
    const cause = `${reason} ${about}`;
    const nowMs = monotonicMs();
    const sinceMs = nowMs - (this.#complainedMs.get(cause) ?? Number.NEGATIVE_INFINITY);
    if (sinceMs < limits.complainAgainMs) return;
    this.#complainedMs.set(cause, nowMs);
    this.#complaint = { leader, term, reason, sinceMs: nowMs, isShunned: false };
    this.#yieldsAsked += 1;
    const names = { leader: members.member(leader)?.name, about: members.member(about)?.name };
    log.error('yield-asked', { ...names, term, reason });
    say(leader, { kind: 'yield', term, reason });
  }

  /** Whether this is the word of a leader that we do not follow. */
  isShunned({ from, term, kind }: PeerMessage): boolean {
    const complaint = this.#complaint;
    if (complaint === undefined || !complaint.isShunned) return false;
    const isLeaderWord = kind === 'append' || kind === 'heartbeat' || kind === 'snapshot';
    return isLeaderWord && from === complaint.leader && term === complaint.term;
  }

  tick(): void {
    const { raft, monotonicMs, log, members } = this.#parts;
    const complaint = this.#complaint;
    if (complaint === undefined) return;
    const { leader, term } = raft.status();
    const ageMs = monotonicMs() - complaint.sinceMs;
    const isOver = term > complaint.term || ageMs >= limits.yieldMs + limits.shunMs;
    if (isOver) {
      this.#complaint = undefined;
      return;
    }
    if (complaint.isShunned || ageMs < limits.yieldMs || leader === noNode) return;
    complaint.isShunned = true;
    this.#leadersShunned += 1;
    const name = members.member(complaint.leader)?.name;
    log.error('leader-shunned', { leader: name, term, reason: complaint.reason });
    raft.forgetLeader();
  }
}
