// SPDX-License-Identifier: Apache-2.0
// The commands of etcd-io/raft's interaction scenarios, done by a group of our members.

import { assert } from '../../base/assert.ts';
import { utf8 } from '../../base/bytes.ts';
import { TielineError } from '../../base/errors.ts';
import type {
  ChangeOperation,
  MemberChange,
  Transition,
} from '../../sidechain/raft/configuration/change.ts';
import { emptyConfiguration, isVoter } from '../../sidechain/raft/configuration/configuration.ts';
import type { ProposeResult } from '../../sidechain/raft/propose.ts';
import { type Case, numbersOf, valuesOf } from './data-driven.ts';
import {
  describeEntries,
  describeMessage,
  describeProgress,
  indent,
  kindNames,
  roleNames,
} from './describe.ts';
import type { Group } from './group.ts';
import { emptySnapshot, type MemberOptions } from './member.ts';

type Command = (group: Group, one: Case) => readonly string[];

const commands: Readonly<Record<string, Command>> = {
  'add-nodes': addNodes,
  campaign: onMember((group, id) => {
    group.member(id).node.campaign();
  }),
  compact: (group, one) => {
    const [id = 0, index = 0] = numbersOf(one);
    group.member(id).storage.compact(index);
    return describeLog(group, id);
  },
  'deliver-msgs': deliverMessages,
  'forget-leader': onMember((group, id) => group.member(id).node.forgetLeader()),
  'log-level': () => [],
  'process-append-thread': eachOf('processing append thread', (g, id) => g.processAppendThread(id)),
  'process-apply-thread': eachOf('processing apply thread', (g, id) => g.processApplyThread(id)),
  'process-ready': eachOf('handling Ready', (group, id) => group.processReady(id)),
  propose: (group, one) => {
    const [id, data] = one.args.map(({ key }) => key);
    return describeProposed(group.member(Number(id)).node.propose([utf8(data ?? '')]));
  },
  'propose-conf-change': proposeChange,
  'raft-log': (group, one) => describeLog(group, numbersOf(one)[0] ?? 0),
  'raft-state': describeStates,
  'report-unreachable': (group, one) => {
    const [id = 0, unreachable = 0] = numbersOf(one);
    group.member(id).node.reportUnreachable(unreachable);
    return [];
  },
  'send-snapshot': sendSnapshot,
  'set-randomized-election-timeout': (group, one) => {
    const [id = 0] = numbersOf(one);
    group.member(id).node.setElectionTimeout(Number(valuesOf(one, 'timeout')[0]));
    return [];
  },
  stabilize: (group, one) => {
    const ids = numbersOf(one);
    return group.stabilize(ids.length > 0 ? ids : group.members.map((_, i) => i + 1));
  },
  status: (group, one) => {
    const { progress } = group.member(numbersOf(one)[0] ?? 0).node.status();
    return [...progress].map(([id, seen]) => describeProgress(id, seen));
  },
  'tick-election': onMember((group, id) => tickMember(group, id, 'electionTicks')),
  'tick-heartbeat': onMember((group, id) => tickMember(group, id, 'heartbeatTicks')),
  'transfer-leadership': (group, one) => {
    const from = Number(valuesOf(one, 'from')[0]);
    group.member(from).node.transferLeader(Number(valuesOf(one, 'to')[0]));
    return [];
  },
};

/** @throws TielineError `scenario` for a command that is not known. */
export function runCommand(group: Group, one: Case): readonly string[] {
  const command = commands[one.command];
  if (command !== undefined) return command(group, one);
  throw new TielineError('scenario', `line ${one.line}: \`${one.command}\` is no known command`);
}

function onMember(action: (group: Group, id: number) => void): Command {
  return (group, one) => {
    action(group, numbersOf(one)[0] ?? 0);
    return [];
  };
}

function eachOf(heading: string, action: (group: Group, id: number) => readonly string[]): Command {
  return (group, one) => {
    const ids = numbersOf(one);
    if (ids.length === 1) return ids.flatMap((id) => action(group, id));
    return ids.flatMap((id) => [`> ${id} ${heading}`, ...indent(action(group, id))]);
  };
}

function addNodes(group: Group, one: Case): readonly string[] {
  const [count = 0] = numbersOf(one);
  const ids = (key: string) => valuesOf(one, key).map(Number);
  const configuration = {
    ...emptyConfiguration,
    voters: ids('voters'),
    learners: ids('learners'),
  };
  const index = ids('index')[0] ?? 0;
  const data = utf8(valuesOf(one, 'content')[0] ?? '');
  const bootstrap = index === 0 ? emptySnapshot : { index, term: 1, configuration, data };
  group.add(count, memberOptions(one, index), bootstrap);
  return [];
}

function memberOptions(one: Case, applied: number): Omit<MemberOptions, 'id'> {
  const isOn = (key: string) => valuesOf(one, key)[0] === 'true';
  const number = (key: string, otherwise: number) => Number(valuesOf(one, key)[0] ?? otherwise);
  const noLimit = Number.MAX_SAFE_INTEGER;
  return {
    applied,
    electionTicks: 3,
    heartbeatTicks: 1,
    random: () => 0.99,
    preVote: isOn('prevote'),
    preVoteTies: 'grant',
    checkQuorum: isOn('checkquorum'),
    removedLeader: isOn('step-down-on-removal') ? 'step-down' : 'stay',
    checkConfigurationChanges: !isOn('disable-conf-change-validation'),
    // We have no lease reads; what is left of them is that a leader is not forgotten.
    keepLeader: valuesOf(one, 'read-only')[0] === 'lease-based',
    asyncStorageWrites: isOn('async-storage-writes'),
    appendBytesMax: noLimit,
    applyingBytesMax: number('max-committed-size-per-ready', noLimit),
    uncommittedBytesMax: noLimit,
    inflightMessagesMax: number('inflight', noLimit),
    inflightBytesMax: noLimit,
  };
}

function deliverMessages(group: Group, one: Case): readonly string[] {
  const name = valuesOf(one, 'type')[0];
  const kind = Object.entries(kindNames).find(([, value]) => value === name)?.[0];
  assert(name === undefined || kind !== undefined, `line ${one.line}: ${name} is a message`);
  const only = kind === undefined ? {} : { kind };
  const lines = one.args.flatMap(({ key, values }) => {
    if (values.length === 0) return group.deliver(Number(key), only);
    if (key !== 'drop') return [];
    return values.flatMap((id) => group.deliver(Number(id), { ...only, drop: true }));
  });
  return lines.length > 0 ? lines : ['no messages'];
}

const operations: Readonly<Record<string, ChangeOperation>> = {
  v: 'add-voter',
  l: 'add-learner',
  r: 'remove',
  u: 'update',
};

const transitions: Readonly<Record<string, Transition>> = {
  auto: 'auto',
  implicit: 'joint-implicit',
  explicit: 'joint-explicit',
};

/** `v1 l2 r3 u4`. */
export function parseChanges(input: string): readonly MemberChange[] {
  return (input.match(/\S+/g) ?? []).map((token) => {
    const operation = operations[token.charAt(0)];
    assert(operation !== undefined, `${token} is a change of a member`);
    return { operation, member: Number(token.slice(1)) };
  });
}

function proposeChange(group: Group, one: Case): readonly string[] {
  const transition = transitions[valuesOf(one, 'transition')[0] ?? 'auto'];
  assert(transition !== undefined, `line ${one.line}: a transition is auto, implicit or explicit`);
  const change = { transition, changes: parseChanges(one.input), context: new Uint8Array() };
  return describeProposed(group.member(numbersOf(one)[0] ?? 0).node.proposeChange(change));
}

function describeProposed(result: ProposeResult): readonly string[] {
  return result.ok ? [] : ['raft proposal dropped'];
}

function describeLog(group: Group, id: number): readonly string[] {
  const { storage } = group.member(id);
  const [first, last] = [storage.firstIndex(), storage.lastIndex()];
  if (last < first) return [`log is empty: first index=${first}, last index=${last}`];
  return describeEntries(storage.entries(first, last + 1, Number.MAX_SAFE_INTEGER) ?? []);
}

function describeStates(group: Group): readonly string[] {
  return group.members.map(({ node }) => {
    const { id, role, configuration, term, leader } = node.status();
    const voter = isVoter(configuration, id) ? '(Voter)' : '(Non-Voter)';
    return `${id}: ${roleNames[role]} ${voter} Term:${term} Lead:${leader}`;
  });
}

function sendSnapshot(group: Group, one: Case): readonly string[] {
  const [from = 0, to = 0] = numbersOf(one);
  const { storage, node } = group.member(from);
  const { term, progress } = node.status();
  const message = {
    kind: 'snapshot',
    from,
    to,
    term,
    snapshot: storage.snapshot(),
    session: progress.get(to)?.session ?? 0,
  } as const;
  group.messages.push(message);
  return describeMessage(message);
}

function tickMember(group: Group, id: number, interval: 'electionTicks' | 'heartbeatTicks'): void {
  const { node, options } = group.member(id);
  for (let i = 0; i < options[interval]; i += 1) node.tick();
}
