// SPDX-License-Identifier: Apache-2.0
// Groups for the tests of single rules: members 1 to n, of whom the first few vote, and nothing
// happens by itself.

import { assert } from '../../../base/assert.ts';
import { utf8 } from '../../../base/bytes.ts';
import { emptyConfiguration } from '../../../sidechain/raft/configuration/configuration.ts';
import type { Message } from '../../../sidechain/raft/message.ts';
import { Group } from '../../scenario/group.ts';
import { emptySnapshot, type MemberOptions } from '../../scenario/member.ts';

export type GroupSeed = Partial<Omit<MemberOptions, 'id'>> & {
  readonly voters: number;
  readonly learners?: number;
};

/** Bootstrapped at index 1, all followers of nobody. */
export function newGroup({ voters, learners = 0, ...options }: GroupSeed): Group {
  const ids = Array.from({ length: voters + learners }, (_, i) => i + 1);
  const configuration = {
    ...emptyConfiguration,
    voters: ids.slice(0, voters),
    learners: ids.slice(voters),
  };
  const group = new Group();
  group.add(
    ids.length,
    { electionTicks: 10, heartbeatTicks: 1, random: () => 0, applied: 1, ...options },
    { ...emptySnapshot, index: 1, term: 1, configuration },
  );
  return group;
}

/** With member 1 leading in term 1, and its empty entry, index 2, applied by all. */
export function electedGroup(seed: GroupSeed): Group {
  const group = newGroup(seed);
  group.member(1).node.campaign();
  settle(group);
  assert(group.member(1).node.status().role === 'leader', 'member 1 was elected');
  return group;
}

export function settle(group: Group): void {
  group.stabilize(group.members.map((_, i) => i + 1));
}

export function propose(group: Group, id: number, text: string): void {
  assert(group.member(id).node.propose([utf8(text)]).ok, 'the proposal is taken');
}

export function tick(group: Group, id: number, count: number): void {
  for (let i = 0; i < count; i += 1) group.member(id).node.tick();
}

/** Does all the work of one member, and takes what it says off the network. */
export function takeMessages(group: Group, id: number): readonly Message[] {
  while (group.member(id).node.hasReady()) group.processReady(id);
  const said = group.messages.filter(({ from }) => from === id);
  group.messages = group.messages.filter(({ from }) => from !== id);
  return said;
}

/** Of one kind only. */
export function takeKind<Kind extends Message['kind']>(
  group: Group,
  id: number,
  kind: Kind,
): readonly (Message & { readonly kind: Kind })[] {
  const isOfKind = (message: Message): message is Message & { readonly kind: Kind } =>
    message.kind === kind;
  return takeMessages(group, id).filter(isOfKind);
}
