// SPDX-License-Identifier: Apache-2.0
// A group of members driven by chance: ticks, proposals, changes of members, crashes at every point
// between taking a `Ready` and being done with it, and a network that loses, doubles, reorders and
// cuts. One seed gives one history.

import { assert } from '../../../base/assert.ts';
import { utf8 } from '../../../base/bytes.ts';
import {
  type ChangeOperation,
  leaveJointChange,
} from '../../../sidechain/raft/configuration/change.ts';
import { emptyConfiguration } from '../../../sidechain/raft/configuration/configuration.ts';
import type { Message } from '../../../sidechain/raft/message.ts';
import type { Ready } from '../../../sidechain/raft/ready.ts';
import { emptySnapshot, Member } from '../../scenario/member.ts';
import { SafetyOracle } from './safety-oracle.ts';

/** Mulberry32: small, and the same everywhere. From 0 up to but without 1. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class RandomGroup {
  readonly members: readonly Member[];
  readonly oracle = new SafetyOracle();
  readonly #random: () => number;
  #network: Message[] = [];
  readonly #cut = new Set<string>();
  /** What is left to do of a `Ready`. */
  readonly #steps = new Map<Member, (() => void)[]>();
  #proposalCount = 0;

  constructor(seed: number, options: { readonly asyncStorageWrites: boolean }) {
    this.#random = seededRandom(seed);
    const configuration = { ...emptyConfiguration, voters: [1, 2, 3] };
    const bootstrap = { ...emptySnapshot, index: 1, term: 1, configuration };
    this.members = [1, 2, 3, 4, 5].map(
      (id) =>
        new Member(
          {
            id,
            electionTicks: 5,
            heartbeatTicks: 1,
            random: this.#random,
            appendBytesMax: 40,
            applyingBytesMax: 100,
            inflightMessagesMax: 3,
            inflightBytesMax: 1_000,
            applied: id <= 3 ? 1 : 0,
            ...options,
          },
          id <= 3 ? bootstrap : emptySnapshot,
        ),
    );
  }

  /** One event, whichever. */
  act(): void {
    const member = this.#anyMember();
    const dice = this.#random();
    if (dice < 0.1) member.node.tick();
    else if (dice < 0.55) this.#deliverAny();
    else if (dice < 0.9) this.#work(member);
    else if (dice < 0.94) this.#propose(member);
    else if (dice < 0.955) this.#proposeChange(member);
    else if (dice < 0.96) this.#crash(member);
    else if (dice < 0.97) this.#cutOrHeal();
    else this.#disturb(member);
    this.oracle.check(this.members);
  }

  /** All faults end; ticks are even and all messages arrive. */
  heal(ticks: number): void {
    this.#cut.clear();
    for (let i = 0; i < ticks; i += 1) {
      for (const member of this.members) member.node.tick();
      this.#settle();
    }
  }

  /** @returns the index of an entry that a leader took, with all faults gone. */
  proposeToLeader(text: string): number {
    for (const { node } of this.members) {
      const result = node.propose([utf8(text)]);
      if (result.ok && result.value.kind === 'appended') return result.value.lastIndex;
    }
    throw new Error('after healing there is a leader that takes proposals');
  }

  #settle(): void {
    for (let round = 0; round < 1_000; round += 1) {
      const isBusy = this.members.some((member) => this.#isWorkLeft(member));
      if (!isBusy && this.#network.length === 0) return;
      for (const member of this.members) while (this.#isWorkLeft(member)) this.#work(member);
      const messages = this.#network;
      this.#network = [];
      for (const message of messages) this.#deliver(message);
      this.oracle.check(this.members);
    }
    throw new Error('a group at rest falls silent');
  }

  #isWorkLeft(member: Member): boolean {
    const { node, appendWork, applyWork } = member;
    const isBusy = this.#stepsOf(member).length > 0;
    return isBusy || node.hasReady() || appendWork.length > 0 || applyWork.length > 0;
  }

  /** The next thing a member's caller does; with everything else that may happen in between. */
  #work(member: Member): void {
    const { node, appendWork, applyWork, options } = member;
    const step = this.#stepsOf(member).shift();
    if (step !== undefined) step();
    else if (appendWork.length > 0 && this.#random() < 0.5) this.#finishAppend(member);
    else if (applyWork.length > 0 && this.#random() < 0.5) this.#finishApply(member);
    else if (!node.hasReady()) return;
    else if (options.asyncStorageWrites) this.#queue(member, member.take().ready);
    else this.#steps.set(member, this.#plan(member, member.take().ready));
  }

  #stepsOf(member: Member): (() => void)[] {
    return this.#steps.get(member) ?? [];
  }

  /** The order that `Ready` asks for. */
  #plan(member: Member, ready: Ready): (() => void)[] {
    return [
      () => {
        member.persist(ready);
        this.oracle.persisted(member.options.id, ready);
      },
      () => this.#network.push(...ready.messages),
      () => {
        this.oracle.applied(ready);
        member.apply(ready.committed);
      },
      () => member.node.advance(),
    ];
  }

  #queue(member: Member, ready: Ready): void {
    this.#network.push(...ready.messages);
    member.appendWork.push(ready);
    if (ready.committed.length > 0) member.applyWork.push(ready);
  }

  #finishAppend(member: Member): void {
    const ready = member.appendWork.shift();
    assert(ready !== undefined, 'there is something to write');
    // The state that a snapshot replaces is not changed any more.
    if (ready.snapshot !== undefined) while (member.applyWork.length > 0) this.#finishApply(member);
    member.persist(ready);
    this.oracle.persisted(member.options.id, ready);
    this.#respond(member, ready.appendResponses);
  }

  #finishApply(member: Member): void {
    const ready = member.applyWork.shift();
    assert(ready !== undefined, 'there is something to apply');
    this.oracle.applied(ready);
    member.apply(ready.committed);
    this.#respond(member, ready.applyResponses);
  }

  #respond(member: Member, responses: readonly Message[]): void {
    for (const message of responses) {
      if (message.to === member.options.id) member.node.step(message);
      else this.#network.push(message);
    }
  }

  /** Any message under way arrives, or is lost, or arrives and is still under way. */
  #deliverAny(): void {
    const place = Math.floor(this.#random() * this.#network.length);
    const message = this.#network[place];
    if (message === undefined) return;
    if (this.#random() > 0.1) this.#network.splice(place, 1);
    if (this.#random() > 0.1) this.#deliver(message);
    else this.#report(message, 'failed');
    if (this.#network.length <= 200) return;
    for (const lost of this.#network.splice(0, 100)) this.#report(lost, 'failed');
  }

  #deliver(message: Message): void {
    const isCut = this.#cut.has(`${message.from}>${message.to}`);
    if (!isCut) this.members[message.to - 1]?.node.step(message);
    this.#report(message, isCut ? 'failed' : 'delivered');
  }

  /** What a transport owes the sender of a snapshot. */
  #report({ kind, from, to }: Message, outcome: 'delivered' | 'failed'): void {
    if (kind === 'snapshot') this.members[from - 1]?.node.reportSnapshot(to, outcome);
  }

  #propose({ node }: Member): void {
    this.#proposalCount += 1;
    node.propose([utf8(`p${this.#proposalCount}`)]);
  }

  #proposeChange({ node }: Member): void {
    const operations: readonly ChangeOperation[] = [
      'add-voter',
      'add-voter',
      'add-learner',
      'remove',
    ];
    const changes = Array.from({ length: 1 + Math.floor(this.#random() * 2) }, () => ({
      operation: this.#any(operations),
      member: this.#anyMember().options.id,
    }));
    const context = new Uint8Array();
    const transition = this.#any(['auto', 'joint-implicit', 'joint-explicit'] as const);
    const isLeaving = this.#random() < 0.3;
    const change = isLeaving ? leaveJointChange : { transition, changes, context };
    node.proposeChange(change);
  }

  #crash(member: Member): void {
    this.#steps.delete(member);
    member.restart();
  }

  #cutOrHeal(): void {
    if (this.#random() < 0.4) this.#cut.clear();
    else this.#cut.add(`${this.#anyMember().options.id}>${this.#anyMember().options.id}`);
  }

  #disturb(member: Member): void {
    const other = this.#anyMember().options.id;
    const { node } = member;
    this.#any([
      () => node.transferLeader(other),
      () => node.forgetLeader(),
      () => node.reportUnreachable(other),
      () => node.reportSnapshot(other, this.#any(['delivered', 'failed'] as const)),
      () => node.campaign(),
      () => this.#compact(member),
    ])();
  }

  #compact({ node, storage }: Member): void {
    const { applied } = node.status();
    if (applied >= storage.firstIndex() && applied <= storage.lastIndex()) storage.compact(applied);
  }

  #anyMember(): Member {
    return this.#any(this.members);
  }

  #any<T>(choices: readonly T[]): T {
    const chosen = choices[Math.floor(this.#random() * choices.length)];
    assert(chosen !== undefined, 'there is something to choose from');
    return chosen;
  }
}
