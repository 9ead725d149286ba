// SPDX-License-Identifier: Apache-2.0
// When a leader hands over: before it ends, so that nobody has to miss it first; when another
// member asks for it, which an honest leader grants each of them once in a while; and where its
// clock was never set and another's was, for the time of the chain is made from the leader's.

import type { ClockState } from '../base/clock-state.ts';
import { limits } from '../base/limits.ts';
import type { Log } from '../host/log.ts';
import type { Standing } from './heads.ts';
import type { MessageOf } from './member-message.ts';
import type { ChainMember, Members } from './members.ts';
import { type NodeId, noNode } from './raft/entry.ts';
import type { RaftNode } from './raft/raft-node.ts';

export type HandOverParts = {
  readonly members: Members;
  readonly raft: Pick<RaftNode, 'status' | 'transferLeader'>;
  /** What a member has said of itself lately. */
  readonly standing: (id: NodeId) => Standing | undefined;
  readonly clock: () => ClockState;
  readonly monotonicMs: () => number;
  readonly log: Log;
};

type Leaving = { readonly untilMs: number; readonly done: () => void };

export class HandOver {
  readonly #parts: HandOverParts;
  /** When each member was granted its wish last. */
  readonly #grantedMs = new Map<NodeId, number>();
  #unsetMs = Number.NEGATIVE_INFINITY;
  #leaving: Leaving | undefined;
  #grantedCount = 0;

  constructor(parts: HandOverParts) {
    this.#parts = parts;
  }

  /** So many times other members were granted that this one hands over. */
  get grantedCount(): number {
    return this.#grantedCount;
  }

  /** Another member asks us to. attacker-controlled: so it is granted to each only now and then. */
  onYield(from: NodeId, { term, reason }: MessageOf<'yield'>): void {
    const { raft, members, monotonicMs, log } = this.#parts;
    const status = raft.status();
    if (status.role !== 'leader' || status.term !== term) return;
    const nowMs = monotonicMs();
    const sinceMs = nowMs - (this.#grantedMs.get(from) ?? Number.NEGATIVE_INFINITY);
    const successor = this.#successor(() => true);
    const isGranted = sinceMs >= limits.complainAgainMs && successor !== undefined;
    const by = members.member(from)?.name;
    log.warn('hand-over-asked', { by, term, reason, isGranted });
    if (!isGranted) return;
    this.#grantedMs.set(from, nowMs);
    this.#grantedCount += 1;
    raft.transferLeader(successor.id);
  }

  /** Resolves when another leads, or after a while, or at once where we do not lead. */
  async leave(): Promise<void> {
    const { raft, monotonicMs, log } = this.#parts;
    const successor = this.#successor(() => true);
    if (raft.status().role !== 'leader' || successor === undefined) return;
    log.info('handing-over', { to: successor.name });
    raft.transferLeader(successor.id);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#leaving = { untilMs: monotonicMs() + limits.handOverMs, done: resolve };
    await promise;
  }

  /** Something may have changed. */
  look(): void {
    const leaving = this.#leaving;
    if (leaving === undefined) return;
    const { raft, members, monotonicMs } = this.#parts;
    const { leader } = raft.status();
    const isDone = leader !== noNode && leader !== members.own.id;
    if (!isDone && monotonicMs() < leaving.untilMs) return;
    this.#leaving = undefined;
    leaving.done();
  }

  /** The time of the chain should not be made by a clock that was never set, if another can. */
  tick(): void {
    this.look();
    const { raft, clock, monotonicMs } = this.#parts;
    const nowMs = monotonicMs();
    if (clock() !== 'unset' || raft.status().role !== 'leader') return;
    if (nowMs - this.#unsetMs < limits.standingFreshMs) return;
    const successor = this.#successor((standing) => standing.clock !== 'unset');
    if (successor === undefined) return;
    this.#unsetMs = nowMs;
    raft.transferLeader(successor.id);
  }

  /** Of the voters that were heard of lately, the one that has most of our log. */
  #successor(isFit: (standing: Standing) => boolean): ChainMember | undefined {
    const { raft, members, standing } = this.#parts;
    const { progress, configuration } = raft.status();
    const matchOf = ({ id }: ChainMember): number => progress.get(id)?.match ?? 0;
    const fit = members.voterPeers.filter(({ id }) => {
      const heard = standing(id);
      return heard !== undefined && isFit(heard) && configuration.voters.includes(id);
    });
    return fit.toSorted((a, b) => matchOf(b) - matchOf(a))[0];
  }
}
