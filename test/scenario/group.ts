// SPDX-License-Identifier: Apache-2.0
// The members of a scenario and the messages between them: everything stands still until a command
// moves it. Each action returns what it did, in the lines of etcd-io/raft's own test harness.

import { assert } from '../../base/assert.ts';
import type { NodeId } from '../../sidechain/raft/entry.ts';
import type { Message } from '../../sidechain/raft/message.ts';
import type { Ready } from '../../sidechain/raft/ready.ts';
import type { StepResult } from '../../sidechain/raft/step.ts';
import type { Snapshot } from '../../sidechain/raft/storage.ts';
import {
  describeEntries,
  describeHardState,
  describeMessage,
  describeParts,
  describeSnapshot,
  indent,
  roleNames,
} from './describe.ts';
import { Member, type MemberOptions } from './member.ts';

/** What etcd-io/raft says in the place of our refusals; nothing for those it is silent about. */
function refusalText(result: StepResult): readonly string[] {
  if (result.ok || result.code === 'lower-term' || result.code === 'leased') return [];
  if (result.code === 'unknown-peer') return ['raft: cannot step as peer not found'];
  return ['raft proposal dropped'];
}

export class Group {
  readonly members: Member[] = [];
  messages: Message[] = [];

  add(count: number, options: Omit<MemberOptions, 'id'>, bootstrap: Snapshot): void {
    for (let i = 0; i < count; i += 1) {
      this.members.push(new Member({ ...options, id: this.members.length + 1 }, bootstrap));
    }
  }

  member(id: NodeId): Member {
    const member = this.members[id - 1];
    assert(member !== undefined, `member ${id} was added`);
    return member;
  }

  processReady(id: NodeId): readonly string[] {
    const member = this.member(id);
    const taken = { ...member.take(), isAsync: member.options.asyncStorageWrites === true };
    const { ready, isAsync } = taken;
    if (isAsync) {
      this.messages.push(...ready.messages);
      if (isWritten(ready)) member.appendWork.push(ready);
      if (ready.committed.length > 0) member.applyWork.push(ready);
      return describeReady(id, taken);
    }
    member.persist(ready);
    member.apply(ready.committed);
    this.messages.push(...ready.messages);
    member.node.advance();
    return describeReady(id, taken);
  }

  processAppendThread(id: NodeId): readonly string[] {
    const member = this.member(id);
    const work = member.appendWork.shift();
    if (work === undefined) return ['no append work to perform'];
    member.persist(work);
    this.messages.push(...work.appendResponses);
    const responses = work.appendResponses.flatMap(describeMessage);
    return ['Processing:', ...describeAppend(id, work, []), 'Responses:', ...responses];
  }

  processApplyThread(id: NodeId): readonly string[] {
    const member = this.member(id);
    const work = member.applyWork.shift();
    if (work === undefined) return ['no apply work to perform'];
    member.apply(work.committed);
    this.messages.push(...work.applyResponses);
    const responses = work.applyResponses.flatMap(describeMessage);
    return ['Processing:', ...describeApply(id, work, []), 'Responses:', ...responses];
  }

  /** Delivers, or drops, what is under way to one member. A member's own messages are never
   * dropped. */
  deliver(to: NodeId, only: { readonly kind?: string; readonly drop?: boolean } = {}): string[] {
    const isMeant = (message: Message) =>
      message.to === to &&
      (only.kind === undefined || message.kind === only.kind) &&
      !(only.drop === true && message.from === message.to);
    const meant = this.messages.filter(isMeant);
    this.messages = this.messages.filter((message) => !isMeant(message));
    return meant.flatMap((message) => {
      const [first, ...rest] = describeMessage(message);
      if (only.drop) return [`dropped: ${first}`, ...rest];
      return [`${first}`, ...rest, ...refusalText(this.member(to).node.step(message))];
    });
  }

  /** Lets these members work and talk until nothing happens any more. */
  stabilize(ids: readonly NodeId[]): readonly string[] {
    const lines: string[] = [];
    const round = (id: NodeId, heading: string, work: readonly string[]) =>
      lines.push(`> ${id} ${heading}`, ...indent(work));
    for (;;) {
      const before = lines.length;
      for (const id of ids) {
        if (this.member(id).node.hasReady()) round(id, 'handling Ready', this.processReady(id));
      }
      for (const id of ids) {
        if (!this.messages.some(({ to }) => to === id)) continue;
        round(id, 'receiving messages', this.deliver(id));
      }
      for (const id of ids) {
        const member = this.member(id);
        if (member.appendWork.length === 0) continue;
        const work: string[] = [];
        while (member.appendWork.length > 0) work.push(...this.processAppendThread(id));
        round(id, 'processing append thread', work);
      }
      for (const id of ids) {
        const member = this.member(id);
        if (member.applyWork.length === 0) continue;
        const work: string[] = [];
        while (member.applyWork.length > 0) work.push(...this.processApplyThread(id));
        round(id, 'processing apply thread', work);
      }
      if (lines.length === before) return lines;
    }
  }
}

function isWritten({ hardState, entries, snapshot, appendResponses }: Ready): boolean {
  return (
    hardState !== undefined ||
    entries.length > 0 ||
    snapshot !== undefined ||
    appendResponses.length > 0
  );
}

function describeReady(
  id: NodeId,
  taken: {
    readonly ready: Ready;
    readonly isVoteNew: boolean;
    readonly isRoleNew: boolean;
    readonly isAsync: boolean;
  },
): readonly string[] {
  const { ready, isVoteNew, isRoleNew, isAsync } = taken;
  const { hardState, entries, snapshot, committed } = ready;
  const messages = [
    ...ready.messages.flatMap(describeMessage),
    ...(isAsync && isWritten(ready) ? describeAppend(id, ready, ready.appendResponses) : []),
    ...(ready.applyResponses.length > 0 ? describeApply(id, ready, ready.applyResponses) : []),
  ];
  const lines = [
    ...(isRoleNew ? [`Lead:${ready.leader} State:${roleNames[ready.role]}`] : []),
    ...(hardState === undefined ? [] : [`HardState ${describeHardState(hardState)}`]),
    ...(entries.length > 0 ? ['Entries:', ...describeEntries(entries)] : []),
    ...(snapshot === undefined ? [] : [`Snapshot ${describeSnapshot(snapshot)}`]),
    ...(committed.length > 0 ? ['CommittedEntries:', ...describeEntries(committed)] : []),
    ...(messages.length > 0 ? ['Messages:', ...messages] : []),
  ];
  if (lines.length === 0) return ['<empty Ready>'];
  // Ours asks for a sync with a snapshot, too; there it is the snapshot's own affair.
  return [`Ready MustSync=${isVoteNew || entries.length > 0}:`, ...lines];
}

function describeAppend(
  id: NodeId,
  { hardState, entries, snapshot }: Ready,
  responses: readonly Message[],
): readonly string[] {
  const { term = 0, commit, vote } = hardState ?? {};
  const route = { from: String(id), to: 'AppendThread', name: 'MsgStorageAppend' };
  return describeParts({ ...route, term, commit, vote, entries, snapshot, responses });
}

function describeApply(
  id: NodeId,
  { committed }: Ready,
  responses: readonly Message[],
): readonly string[] {
  const route = { from: String(id), to: 'ApplyThread', name: 'MsgStorageApply' };
  return describeParts({ ...route, term: 0, entries: committed, responses });
}
