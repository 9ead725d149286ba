// SPDX-License-Identifier: Apache-2.0
// Who is connected to whom: each member tells the others whom it reaches, so that any of them can show
// all links of the chain. Nothing is decided by it; a lie misleads nobody but who looks.

import { limits } from '../base/limits.ts';
import type { MemberMessage, MessageOf } from './member-message.ts';
import type { Members } from './members.ts';
import type { NodeId } from './raft/entry.ts';

export type NeighboursParts = {
  readonly members: Members;
  /** Members that this one is connected to. */
  readonly reached: () => readonly NodeId[];
  readonly say: (to: NodeId, message: MemberMessage) => boolean;
  readonly monotonicMs: () => number;
};

export class Neighbours {
  readonly #parts: NeighboursParts;
  readonly #said = new Map<NodeId, { readonly ids: readonly NodeId[]; readonly atMs: number }>();
  #told: { readonly ids: string; readonly atMs: number } | undefined;

  constructor(parts: NeighboursParts) {
    this.#parts = parts;
  }

  /** Tells the others when it changes, and now and then. */
  tick(): void {
    const { members, reached, say, monotonicMs } = this.#parts;
    const ids = reached().filter((id) => members.member(id) !== undefined);
    const text = ids.join();
    const nowMs = monotonicMs();
    const isDue = this.#told === undefined || nowMs - this.#told.atMs >= limits.reachedTellMs;
    if (!isDue && this.#told?.ids === text) return;
    this.#told = { ids: text, atMs: nowMs };
    for (const id of ids) say(id, { kind: 'reached', ids });
  }

  /** attacker-controlled */
  on(from: NodeId, { ids }: MessageOf<'reached'>): void {
    this.#said.set(from, { ids, atMs: this.#parts.monotonicMs() });
  }

  /** Whom a member is connected to, as it said lately. */
  of(id: NodeId): readonly NodeId[] | undefined {
    const said = this.#said.get(id);
    if (said === undefined) return undefined;
    return this.#parts.monotonicMs() - said.atMs < limits.reachedFreshMs ? said.ids : undefined;
  }
}
