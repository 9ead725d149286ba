// SPDX-License-Identifier: Apache-2.0
// Whether a majority of the voters stands behind what this member shows. Without one nothing is ordered,
// and the others, if they are there at all, may have gone on without us: what is shown is marked as stale.

import { limits } from '../base/limits.ts';
import type { Members } from './members.ts';
import type { NodeId } from './raft/entry.ts';
import type { RaftNode } from './raft/raft-node.ts';

export type Stale = {
  /** Since a majority was heard of, in ms. */
  readonly forMs: number;
  /** Voters that are reached, this one among them if it is one; and all. */
  readonly votersReached: number;
  readonly voters: number;
};

export type BackingParts = {
  readonly members: Members;
  readonly raft: RaftNode;
  readonly isConnected: (id: NodeId) => boolean;
  /** When it was last heard, on our clock. */
  readonly heardMs: (id: NodeId) => number | undefined;
  readonly monotonicMs: () => number;
};

export class Backing {
  readonly #parts: BackingParts;
  /** A start counts as one: an election may be on its way. */
  #backedMs: number;

  constructor(parts: BackingParts) {
    this.#parts = parts;
    this.#backedMs = parts.monotonicMs();
  }

  tick(): void {
    if (this.#isBacked) this.#backedMs = this.#parts.monotonicMs();
  }

  /** Undefined while a majority is there, and for as long as an election may take. */
  get stale(): Stale | undefined {
    const { members, isConnected, monotonicMs } = this.#parts;
    const forMs = Math.floor(monotonicMs() - this.#backedMs);
    if (forMs < limits.staleMs) return undefined;
    const { voters, own } = members;
    const reached = voters.filter(({ id }) => id === own.id || isConnected(id));
    return { forMs, votersReached: reached.length, voters: voters.length };
  }

  /** A leader whom the majority does not hear steps down by itself; a follower may learn of that late. */
  get #isBacked(): boolean {
    const { members, raft, heardMs, monotonicMs } = this.#parts;
    const { leader } = raft.status();
    if (leader === members.own.id) return true;
    const atMs = heardMs(leader);
    return atMs !== undefined && monotonicMs() - atMs < limits.leaderHeardMs;
  }
}
