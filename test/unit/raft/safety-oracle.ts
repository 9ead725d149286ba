// SPDX-License-Identifier: Apache-2.0
// Sees everything that members of a group do, and says when one of Raft's promises is broken (Raft,
// figure 3).

import { assert } from '../../../base/assert.ts';
import { equal } from '../../../base/bytes.ts';
import type { Entry, NodeId } from '../../../sidechain/raft/entry.ts';
import type { Ready } from '../../../sidechain/raft/ready.ts';
import type { Member } from '../../scenario/member.ts';

export class SafetyOracle {
  /** Whatever anybody applied, by index. */
  readonly ledger = new Map<number, Entry>();
  snapshotCount = 0;
  readonly #leaders = new Map<number, NodeId>();
  readonly #votes = new Map<string, NodeId>();
  readonly #terms = new Map<NodeId, number>();

  get leaderCount(): number {
    return this.#leaders.size;
  }

  /** Terms do not fall, and there is one vote a term: over all crashes, for this is what was
   * persisted. */
  persisted(id: NodeId, { hardState, snapshot }: Ready): void {
    if (snapshot !== undefined) this.snapshotCount += 1;
    if (hardState === undefined) return;
    const { term, vote } = hardState;
    assert(term >= (this.#terms.get(id) ?? 0), `the term of ${id} does not fall`);
    this.#terms.set(id, term);
    if (vote === 0) return;
    const cast = this.#votes.get(`${id} in ${term}`) ?? vote;
    assert(cast === vote, `${id} votes once in term ${term}`);
    this.#votes.set(`${id} in ${term}`, vote);
  }

  /** State machine safety: nobody applies another entry at the same index. */
  applied({ committed }: Ready): void {
    for (const entry of committed) {
      const known = this.ledger.get(entry.index) ?? entry;
      assert(isSame(known, entry), `all apply the same at index ${entry.index}`);
      this.ledger.set(entry.index, entry);
    }
  }

  /** Election safety and leader completeness. */
  check(members: readonly Member[]): void {
    for (const member of members) {
      const { role, id, term } = member.node.status();
      if (role !== 'leader') continue;
      const leader = this.#leaders.get(term);
      assert(leader === undefined || leader === id, `term ${term} has one leader`);
      if (leader === id) continue;
      this.#leaders.set(term, id);
      for (const [index, entry] of this.ledger) {
        const own = entryAt(member, index);
        const isCompacted = index < member.storage.firstIndex();
        assert(
          isCompacted || (own !== undefined && isSame(own, entry)),
          `${id} has index ${index}`,
        );
      }
    }
  }

  /** Log matching: two logs that agree on an entry agree on all before it. */
  checkLogs(members: readonly Member[]): void {
    for (const one of members) {
      for (const other of members) {
        let agree = false;
        const last = Math.min(one.storage.lastIndex(), other.storage.lastIndex());
        const first = Math.max(one.storage.firstIndex(), other.storage.firstIndex());
        for (let index = last; index >= first; index -= 1) {
          const [a, b] = [entryAt(one, index), entryAt(other, index)];
          assert(a !== undefined && b !== undefined, 'what is not compacted can be read');
          assert(!agree || isSame(a, b), `logs that agree later agree at index ${index}`);
          agree ||= a.term === b.term;
        }
      }
    }
  }
}

function entryAt({ storage }: Member, index: number): Entry | undefined {
  if (index > storage.lastIndex()) return undefined;
  return storage.entries(index, index + 1, 1)?.[0];
}

function isSame(a: Entry, b: Entry): boolean {
  return a.term === b.term && a.kind === b.kind && equal(a.data, b.data);
}
