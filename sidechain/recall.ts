// SPDX-License-Identifier: Apache-2.0
// Before a member of several makes its first promise after a start, it asks the others what they
// remember of it. Had it signed, voted, numbered or acknowledged more than its disk holds, the disk
// is an older copy, or a wiped one: it stops for good. Until it knows, it reads and keeps what it
// reads, and neither votes nor signs.

import { limits } from '../base/limits.ts';
import type { MemberMessage, MessageOf } from './member-message.ts';
import type { Members } from './members.ts';
import type { NodeId } from './raft/entry.ts';

/** The newest promises of a member, as its disk or another member has them. */
export type Promises = Omit<MessageOf<'recalled'>, 'kind'>;

export type RecallParts = {
  readonly members: Members;
  /** What our disk holds. */
  readonly own: () => Promises;
  /** A number that was signed here and that the chain has of another batch of ours. */
  readonly doubledNumber: () => number | undefined;
  readonly say: (to: NodeId, message: MemberMessage) => boolean;
  readonly monotonicMs: () => number;
  /** The disk is not the newest copy. */
  readonly stop: (reason: string) => Promise<void>;
};

export class Recall {
  /** Resolves when promises may be made. */
  readonly cleared: Promise<void>;
  readonly #parts: RecallParts;
  readonly #startMs: number;
  readonly #answered = new Set<NodeId>();
  /** Of the newest batch that was on disk at the start. */
  readonly #startSequence: number;
  #clear: () => void = () => {};
  #isClear = false;
  #askedMs = Number.NEGATIVE_INFINITY;

  constructor(parts: RecallParts) {
    this.#parts = parts;
    this.#startMs = parts.monotonicMs();
    this.#startSequence = parts.own().sequence;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.cleared = promise;
    this.#clear = resolve;
  }

  get isClear(): boolean {
    return this.#isClear;
  }

  /** Asks those that have not answered; also once it is clear, for each may know more. */
  tick(): void {
    const { members, say, monotonicMs } = this.#parts;
    const nowMs = monotonicMs();
    this.#decide(nowMs);
    if (nowMs - this.#askedMs < limits.standingMs) return;
    this.#askedMs = nowMs;
    for (const { id } of members.peers) {
      if (!this.#answered.has(id)) say(id, { kind: 'recall' });
    }
  }

  /** attacker-controlled: a lie can stop this member, and nothing else. */
  async onRecalled(from: NodeId, known: MessageOf<'recalled'>): Promise<void> {
    const { members, stop, monotonicMs } = this.#parts;
    this.#answered.add(from);
    const newer = whatIsNewer(known, this.#own);
    if (newer === undefined) {
      this.#decide(monotonicMs());
      return;
    }
    await stop(`this disk is an older copy: ${members.member(from)?.name} knows of ${newer}`);
  }

  /**
   * Blocks have come. Where nobody who was asked knew yet what an older copy had signed last, it
   * comes to light here: such a copy signs numbers that are taken, and no block ever has them.
   */
  async applied(): Promise<void> {
    const { doubledNumber, stop } = this.#parts;
    const number = doubledNumber();
    if (number === undefined) return;
    await stop(`this disk is an older copy: the chain has another batch ${number} of this key`);
  }

  /**
   * What is signed while the answer is awaited stays here: under a number that was given before, it
   * must not look as if the disk knew of that.
   */
  get #own(): Promises {
    const own = this.#parts.own();
    return this.#isClear ? own : { ...own, sequence: this.#startSequence };
  }

  /**
   * A majority of the others knows of every promise that counted. After a while a majority with
   * ourselves must do: else a chain of three could not lose one member and restart another.
   */
  #decide(nowMs: number): void {
    if (this.#isClear) return;
    const { members } = this.#parts;
    const { voterPeers, own } = members;
    const count = voterPeers.filter(({ id }) => this.#answered.has(id)).length;
    const isEnough = count >= Math.floor(voterPeers.length / 2) + 1;
    const hasWaited = nowMs - this.#startMs >= limits.recallTimeoutMs;
    const withUs = count + (own.role === 'voter' ? 1 : 0);
    const isAlone = voterPeers.length === 0;
    if (!isAlone && !isEnough && !(hasWaited && count > 0 && withUs >= members.majority)) return;
    this.#isClear = true;
    this.#clear();
  }
}

function whatIsNewer(known: Promises, own: Promises): string | undefined {
  if (known.cosignedSize > own.cosignedSize) {
    return `a checkpoint of ${known.cosignedSize} blocks that was signed here`;
  }
  if (known.term > own.term) return `a promise made here in term ${known.term}`;
  if (known.sequence > own.sequence) return `batch ${known.sequence} that was signed here`;
  if (known.matchTerm >= own.term && known.match > own.match) {
    return `entry ${known.match} of the log that was acknowledged here`;
  }
  return undefined;
}
