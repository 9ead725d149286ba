// SPDX-License-Identifier: Apache-2.0
// Looks the log over for entries that have rotted on the disk, slowly and for ever, and gets them
// from the other members. What they say is held against what was written here before it is put
// back. An entry that no member has as it was is told, again and again, and stays as it is.

import { limits } from '../base/limits.ts';
import type { Suite } from '../base/suite.ts';
import type { Log } from '../host/log.ts';
import type { Database, Statement } from '../host/sqlite.ts';
import type { MemberMessage, MessageOf } from './member-message.ts';
import type { Members } from './members.ts';
import type { NodeId } from './raft/entry.ts';
import { lookOver, repairOf } from './store/log-repair.ts';
import { entryOf, readLogRow } from './store/log-table.ts';

export type ScrubParts = {
  readonly suite: Suite;
  readonly database: Database;
  readonly members: Members;
  /** All up to there is applied, and never changes. */
  readonly appliedIndex: () => number;
  readonly say: (to: NodeId, message: MemberMessage) => boolean;
  /** Durable when it resolves. */
  readonly write: (statements: readonly Statement[]) => Promise<void>;
  readonly monotonicMs: () => number;
  readonly log: Log;
};

export type ScrubStatus = {
  /** Entries that were damaged, and are as they were again. */
  readonly repairedCount: number;
  /** Entries that are damaged now, by their place in the log; the first few. */
  readonly damaged: readonly number[];
};

/** An entry that is damaged here, and whom we ask for it. */
type Wanted = {
  askedMs: number;
  /** Members that do not have it as it was written. */
  readonly without: Set<NodeId>;
  asked: NodeId | undefined;
};

export class Scrub {
  readonly #parts: ScrubParts;
  readonly #wanted = new Map<number, Wanted>();
  /** Whom an answer is being read for: one at a time for each. */
  readonly #answering = new Set<NodeId>();
  #next = 1;
  #lookMs: number;
  #repairedCount = 0;

  constructor(parts: ScrubParts) {
    this.#parts = parts;
    this.#lookMs = parts.monotonicMs();
  }

  get status(): ScrubStatus {
    return { repairedCount: this.#repairedCount, damaged: [...this.#wanted.keys()] };
  }

  /** This entry is not what was written: it is asked of the others. */
  damaged(index: number): void {
    if (this.#wanted.has(index) || this.#wanted.size >= limits.bodiesWantedMax) return;
    this.#parts.log.error('entry-damaged', { index });
    const askedMs = Number.NEGATIVE_INFINITY;
    this.#wanted.set(index, { askedMs, without: new Set(), asked: undefined });
  }

  /** @throws what reading throws. */
  async tick(): Promise<void> {
    for (const [index, wanted] of this.#wanted) this.#ask(index, wanted);
    const { suite, database, appliedIndex, monotonicMs } = this.#parts;
    if (monotonicMs() < this.#lookMs) return;
    const to = appliedIndex();
    const range = { from: this.#next, to, bytesMax: limits.scrubPageBytes };
    const { damaged, next } = await lookOver(suite, database, range);
    for (const index of damaged) this.damaged(index);
    const isDone = next > to;
    this.#next = isDone ? 1 : next;
    this.#lookMs = monotonicMs() + (isDone ? limits.scrubPauseMs : limits.scrubMs);
  }

  /** attacker-controlled. @throws what reading throws. */
  async onBodyWanted(from: NodeId, { index }: MessageOf<'body-wanted'>): Promise<void> {
    const { suite, database, appliedIndex, say } = this.#parts;
    if (this.#answering.has(from)) return;
    this.#answering.add(from);
    try {
      const row = index <= appliedIndex() ? await readLogRow(database, index) : undefined;
      const entry = row && entryOf(suite, row);
      if (row !== undefined && entry === undefined) this.damaged(index);
      say(from, { kind: 'body', index, entry: entry ?? null });
    } finally {
      this.#answering.delete(from);
    }
  }

  /** attacker-controlled. @throws what reading and writing throws. */
  async onBody(from: NodeId, { index, entry }: MessageOf<'body'>): Promise<void> {
    const { suite, database, write, members, log } = this.#parts;
    const wanted = this.#wanted.get(index);
    if (wanted?.asked !== from) return;
    wanted.asked = undefined;
    const member = members.member(from)?.name;
    const repair = entry && (await repairOf(suite, database, { index, ...entry }));
    if (repair?.ok === true) {
      await write([repair.value]);
      this.#repairedCount += 1;
      this.#wanted.delete(index);
      log.warn('entry-repaired', { index, member });
      return;
    }
    if (repair?.code === 'sound') {
      this.#wanted.delete(index);
      return;
    }
    wanted.without.add(from);
    if (repair !== null) log.error('entry-differs', { index, member, detail: repair.detail });
    this.#tellIfLost(index, wanted);
    this.#ask(index, wanted);
  }

  /** One member after the other; a silent one is passed over for the next. */
  #ask(index: number, wanted: Wanted): void {
    const { members, say, monotonicMs } = this.#parts;
    const nowMs = monotonicMs();
    const isAsked = wanted.asked !== undefined && nowMs - wanted.askedMs < limits.bodyAnswerMs;
    if (isAsked) return;
    const peers = members.peers.map(({ id }) => id);
    const start = wanted.asked === undefined ? 0 : peers.indexOf(wanted.asked) + 1;
    const inTurn = [...peers.slice(start), ...peers.slice(0, start)];
    const left = inTurn.filter((id) => !wanted.without.has(id));
    if (left.length === 0) {
      if (nowMs - wanted.askedMs >= limits.bodyRetryMs) wanted.without.clear();
      return;
    }
    wanted.asked = left.find((id) => say(id, { kind: 'body-wanted', index }));
    wanted.askedMs = nowMs;
  }

  #tellIfLost(index: number, { without }: Wanted): void {
    const { members, log } = this.#parts;
    if (members.peers.some(({ id }) => !without.has(id))) return;
    const hint = 'give a copy that has it: `tieline chain scrub --data DIR --from COPY`';
    log.error('entry-lost', { index, hint });
  }
}
