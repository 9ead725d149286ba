// SPDX-License-Identifier: Apache-2.0
// Reads waiting for proof that we still lead. Each gets the next number; a heartbeat carries the
// highest one, and its answer confirms all up to there: sent after the read came in, answered by a
// member that knows no newer leader. Invariant: a read is confirmed by a quorum that was asked
// after it, or not at all.

import type { NodeId } from './entry.ts';
import type { ReadIndex } from './message.ts';
import { jointCommitted, type Voters } from './quorum/joint.ts';

/** `index`: what was committed when the read came in. */
type WaitingRead = { readonly request: ReadIndex; readonly index: number };

export class ReadRounds {
  #waiting: WaitingRead[] = [];
  #confirmedCount = 0;
  readonly #acked = new Map<NodeId, number>();

  get waitingCount(): number {
    return this.#waiting.length;
  }

  add(read: WaitingRead): void {
    this.#waiting.push(read);
  }

  /** What a heartbeat has to carry now; 0 if nothing waits. */
  round(): number {
    return this.#waiting.length === 0 ? 0 : this.#confirmedCount + this.#waiting.length;
  }

  acknowledge(from: NodeId, round: number): void {
    if (round > (this.#acked.get(from) ?? 0)) this.#acked.set(from, round);
  }

  /** Takes out the reads that a quorum has confirmed, in the order they came in. */
  takeConfirmed(quorum: Voters): readonly WaitingRead[] {
    const confirmed = jointCommitted(quorum, (id) => this.#acked.get(id));
    if (confirmed <= this.#confirmedCount) return [];
    const taken = this.#waiting.splice(0, confirmed - this.#confirmedCount);
    this.#confirmedCount += taken.length;
    return taken;
  }
}
