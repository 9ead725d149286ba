// SPDX-License-Identifier: Apache-2.0
// Evidence that a member has signed two histories, on its way to every other member. Each checks
// both signatures for itself, keeps them, and passes them on; who has said it knows it, and hears
// it no more. So it reaches also those that only some can reach, and ends.

import { toHex } from '../base/bytes.ts';
import { limits } from '../base/limits.ts';
import type { Evidence } from './chain/report.ts';
import type { MemberMessage, MessageOf } from './member-message.ts';
import type { Members } from './members.ts';
import type { NodeId } from './raft/entry.ts';
import type { Witness } from './witness.ts';

export type AccusationsParts = {
  readonly witness: Witness;
  readonly members: Members;
  readonly say: (to: NodeId, message: MemberMessage) => boolean;
  readonly refuse: (from: NodeId, reason: string, detail: string) => void;
  readonly monotonicMs: () => number;
};

export class Accusations {
  readonly #parts: AccusationsParts;
  /** Who is known to know of what: by member, the key ids of those who are guilty. */
  readonly #knowing = new Map<NodeId, Set<string>>();
  readonly #told = new Map<NodeId, Set<string>>();
  #tellMs = Number.NEGATIVE_INFINITY;

  constructor(parts: AccusationsParts) {
    this.#parts = parts;
  }

  /** attacker-controlled */
  onEvidence(from: NodeId, said: MessageOf<'evidence'>): void {
    const { witness, refuse } = this.#parts;
    const guilty = toHex(said.member);
    if (!witness.accuse(said)) {
      refuse(from, 'evidence', 'two signatures that prove nothing against a member');
      return;
    }
    setOf(this.#knowing, from).add(guilty);
    // Once: it shall know that we know.
    if (!setOf(this.#told, from).has(guilty)) this.#tell(from, guilty);
  }

  /** A member has begun anew, and may have lost what it was told. */
  forget(id: NodeId): void {
    this.#knowing.delete(id);
    this.#told.delete(id);
    this.#tellMs = Number.NEGATIVE_INFINITY;
  }

  tick(): void {
    const { witness, members, monotonicMs } = this.#parts;
    const guilty = witness.evidence.map(({ member }) => toHex(member));
    const isNew = guilty.some((one) =>
      members.peers.some(({ id }) => !this.#told.get(id)?.has(one)),
    );
    if (!isNew && monotonicMs() - this.#tellMs < limits.accuseAgainMs) return;
    this.#tellMs = monotonicMs();
    for (const { id } of members.peers) {
      for (const one of guilty) if (!this.#knowing.get(id)?.has(one)) this.#tell(id, one);
    }
  }

  #tell(to: NodeId, guilty: string): void {
    const { witness, say } = this.#parts;
    const evidence = witness.evidence.find(({ member }) => toHex(member) === guilty);
    if (evidence === undefined) return;
    setOf(this.#told, to).add(guilty);
    say(to, messageOf(evidence));
  }
}

function messageOf(evidence: Evidence): MemberMessage {
  return { kind: 'evidence', ...evidence };
}

function setOf(sets: Map<NodeId, Set<string>>, id: NodeId): Set<string> {
  const set = sets.get(id) ?? new Set<string>();
  sets.set(id, set);
  return set;
}
