// SPDX-License-Identifier: Apache-2.0
// What any member ever knew to be committed, and in which term that was: what the other invariants
// measure by.

import type { NodeId } from '../../../sidechain/raft/entry.ts';
import type { Happening } from '../happening.ts';

/** `term`: of the entry. `inTerm`: of the member that was the first to know. */
export type Committed = { readonly term: number; readonly inTerm: number };

export class CommittedLog {
  readonly #entries: Committed[] = [];
  /** How far each member's commit index was looked at; in each life anew. */
  readonly #seen = new Map<NodeId, number>();

  get lastIndex(): number {
    return this.#entries.length;
  }

  at(index: number): Committed | undefined {
    return this.#entries[index - 1];
  }

  /** @returns what the member now knows to be committed and did not before, with what was known of it. */
  see(happening: Happening): readonly Disagreement[] {
    if (happening.kind === 'started') {
      this.#seen.set(happening.member, happening.image.log.base.index);
      return [];
    }
    if (happening.kind !== 'took') return [];
    const { member, status, log } = happening;
    const disagreements: Disagreement[] = [];
    const from = Math.max(this.#seen.get(member) ?? 0, log.base.index) + 1;
    for (let index = from; index <= Math.min(status.commit, log.lastIndex); index += 1) {
      const term = log.term(index) ?? 0;
      const known = this.at(index);
      if (known === undefined) this.#entries[index - 1] = { term, inTerm: status.term };
      else if (known.term !== term) disagreements.push({ index, term, known: known.term });
    }
    this.#seen.set(member, Math.max(status.commit, from - 1));
    return disagreements;
  }
}

export type Disagreement = {
  readonly index: number;
  readonly term: number;
  readonly known: number;
};
