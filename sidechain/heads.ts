// SPDX-License-Identifier: Apache-2.0
// Members tell each other where they stand. The same log must make the same blocks: where a header
// differs, a program or a card is at fault. Whoever stands against a majority stops, and says so;
// one that differs from a minority goes on, and says so, too.

import { equal } from '../base/bytes.ts';
import type { ClockState } from '../base/clock-state.ts';
import { limits } from '../base/limits.ts';
import type { Suite } from '../base/suite.ts';
import type { Log } from '../host/log.ts';
import type { Database } from '../host/sqlite.ts';
import type { MemberMessage, MessageOf } from './member-message.ts';
import type { Members } from './members.ts';
import type { NodeId } from './raft/entry.ts';
import { readBlocks } from './store/block-table.ts';

export type HeadsParts = {
  readonly suite: Suite;
  readonly database: Database;
  readonly members: Members;
  /** Height of the newest durable block. */
  readonly height: () => number;
  readonly clock: () => ClockState;
  readonly say: (to: NodeId, message: MemberMessage) => boolean;
  readonly monotonicMs: () => number;
  readonly log: Log;
  /** This member stands alone against a majority. */
  readonly stop: (reason: string) => Promise<void>;
};

export type Standing = {
  readonly height: number;
  readonly clock: ClockState;
  readonly atMs: number;
};

export class Heads {
  readonly #parts: HeadsParts;
  readonly #standings = new Map<NodeId, Standing>();
  /** Members whose header differs from ours, with the height of it. */
  readonly #differing = new Map<NodeId, number>();
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(parts: HeadsParts) {
    this.#parts = parts;
  }

  /** What a member has said of itself lately. */
  standing(id: NodeId): Standing | undefined {
    const standing = this.#standings.get(id);
    const isFresh =
      standing !== undefined && this.#parts.monotonicMs() - standing.atMs < limits.standingFreshMs;
    return isFresh ? standing : undefined;
  }

  differsFrom(id: NodeId): boolean {
    return this.#differing.has(id);
  }

  /** Tells the others now and then. @throws what reading a header throws. */
  async tick(): Promise<void> {
    const { members, height, monotonicMs } = this.#parts;
    if (monotonicMs() - this.#toldMs < limits.standingMs) return;
    this.#toldMs = monotonicMs();
    const message = await this.#standingAt(height(), false);
    if (message === undefined) return;
    for (const { id } of members.peers) this.#parts.say(id, message);
  }

  /** attacker-controlled. @throws what reading a header throws. */
  async on(from: NodeId, said: MessageOf<'standing'>): Promise<void> {
    const { height, monotonicMs, say } = this.#parts;
    if (!said.isAnswer) {
      const { height: at, clock } = said;
      this.#standings.set(from, { height: at, clock, atMs: monotonicMs() });
    }
    // Who is ahead of us hears where we stand, and answers if that is not where it came by.
    if (said.height > height()) return;
    const ours = await this.#standingAt(said.height, true);
    // That header is in a segment: a receipt speaks for it.
    if (ours === undefined) return;
    if (equal(ours.headerHash, said.headerHash)) {
      this.#differing.delete(from);
      return;
    }
    if (!said.isAnswer) say(from, ours);
    await this.#differs(from, said.height);
  }

  async #differs(from: NodeId, height: number): Promise<void> {
    const { members, log, stop } = this.#parts;
    if (!this.#differing.has(from)) {
      log.error('member-differs', { member: members.member(from)?.name, height });
    }
    this.#differing.set(from, height);
    const against = members.voterPeers.filter(({ id }) => this.#differing.has(id));
    if (against.length < members.majority) return;
    const names = against.map(({ name }) => name).join(', ');
    await stop(`block ${height} came out here unlike on ${names}, which are a majority`);
  }

  async #standingAt(height: number, isAnswer: boolean): Promise<MessageOf<'standing'> | undefined> {
    const { suite, database, clock } = this.#parts;
    const [row] = await readBlocks(database, { from: height, to: height });
    if (row === undefined) return undefined;
    const headerHash = suite.sha256(row.headerBytes);
    return { kind: 'standing', height, headerHash, clock: clock(), isAnswer };
  }
}
