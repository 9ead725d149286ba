// SPDX-License-Identifier: Apache-2.0
// Changes of members: Raft thesis chapter 4, and where others went wrong.

import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../base/bytes.ts';
import {
  type ConfigurationChange,
  decodeChange,
  encodeChange,
  kindOf,
  leaveJointChange,
  type Transition,
} from '../../../sidechain/raft/configuration/change.ts';
import type { Proposed } from '../../../sidechain/raft/propose.ts';
import { parseChanges } from '../../scenario/commands.ts';
import type { Group } from '../../scenario/group.ts';
import { emptySnapshot, type MemberOptions } from '../../scenario/member.ts';
import { electedGroup, propose, settle, takeKind, takeMessages, tick } from './new-group.ts';

const plain = { preVote: false, checkQuorum: false };

function change(changes: string, transition: Transition = 'auto'): ConfigurationChange {
  return { transition, changes: parseChanges(changes), context: new Uint8Array() };
}

function proposeChange(group: Group, id: number, one: ConfigurationChange): Proposed {
  const result = group.member(id).node.proposeChange(one);
  if (!result.ok) throw new Error(result.detail);
  return result.value;
}

function configurationOf(group: Group, id: number): object {
  return group.member(id).node.status().configuration;
}

describe('a change as data', () => {
  test.each([
    leaveJointChange,
    change('v1'),
    change('v1 l2 r3 u4', 'joint-explicit'),
    { ...change('l2', 'joint-implicit'), context: utf8('granted by an engineer') },
  ])('is read back as it was written', (one) => {
    expect(decodeChange(encodeChange(one))).toEqual({ ok: true, value: one });
  });

  test('what is not one is refused', () => {
    expect(decodeChange(utf8('?')).ok).toBe(false);
    expect(decodeChange(Uint8Array.of(0x83, 0x05, 0x80, 0x40)).ok).toBe(false);
  });

  test('several changes, or the wish for it, go through a joint configuration', () => {
    expect(kindOf(change('v1'))).toEqual({ kind: 'simple' });
    expect(kindOf(change('v1 v2'))).toEqual({ kind: 'enter-joint', autoLeave: true });
    expect(kindOf(change('v1', 'joint-explicit'))).toEqual({
      kind: 'enter-joint',
      autoLeave: false,
    });
    expect(kindOf(leaveJointChange)).toEqual({ kind: 'leave-joint' });
  });
});

describe('proposing a change', () => {
  test('a second one waits until the first is applied', () => {
    const group = electedGroup({ voters: 3 });
    expect(proposeChange(group, 1, change('l4'))).toMatchObject({ refusedChange: undefined });
    const second = proposeChange(group, 1, change('l5'));
    expect(second).toMatchObject({ kind: 'appended', refusedChange: 'change-pending' });
    settle(group);
    expect(configurationOf(group, 1)).toMatchObject({ learners: [4] });
    expect(proposeChange(group, 1, change('l5'))).toMatchObject({ refusedChange: undefined });
  });

  test('a new leader waits until all it took over is applied (raft-dev 2015)', () => {
    const group = electedGroup({ voters: 3, ...plain });
    propose(group, 1, 'a');
    group.processReady(1);
    group.deliver(2);
    takeMessages(group, 2);
    group.messages = [];
    electStepwise(group, 2, 3);
    expect(proposeChange(group, 2, change('l5'))).toMatchObject({
      refusedChange: 'change-pending',
    });
    group.stabilize([2, 3]);
    expect(proposeChange(group, 2, change('l5'))).toMatchObject({ refusedChange: undefined });
  });

  test.each([
    { changes: 'r1 r2 r3', refusedChange: 'no-voters-left' },
    { changes: '', refusedChange: 'not-joint' },
  ])('what would not fit is refused, and not the end of all members: $changes', (row) => {
    const group = electedGroup({ voters: 3 });
    expect(proposeChange(group, 1, change(row.changes))).toMatchObject({
      refusedChange: row.refusedChange,
    });
    settle(group);
    expect(configurationOf(group, 3)).toMatchObject({ voters: [1, 2, 3], votersOutgoing: [] });
  });

  test('within a joint configuration only leaving it is possible', () => {
    const group = electedGroup({ voters: 3 });
    proposeChange(group, 1, change('l4', 'joint-explicit'));
    settle(group);
    expect(proposeChange(group, 1, change('l5'))).toMatchObject({
      refusedChange: 'simple-while-joint',
    });
    settle(group);
    expect(proposeChange(group, 1, leaveJointChange)).toMatchObject({ refusedChange: undefined });
    settle(group);
    expect(configurationOf(group, 2)).toMatchObject({ votersOutgoing: [], learners: [4] });
  });

  test('of two in one batch the second becomes an empty entry', () => {
    const group = electedGroup({ voters: 3 });
    const data = (one: string) => ({ kind: 'config', data: encodeChange(change(one)) }) as const;
    const proposals = [data('l4'), data('l5')];
    group.member(1).node.step({ kind: 'propose', from: 2, to: 1, term: 0, proposals });
    settle(group);
    expect(configurationOf(group, 1)).toMatchObject({ learners: [4] });
  });
});

describe('joint configurations', () => {
  test('both majorities are needed to commit', () => {
    const group = electedGroup({ voters: 3, learners: 2 });
    proposeChange(group, 1, change('r2 r3 v4 v5', 'joint-explicit'));
    settle(group);
    expect(configurationOf(group, 1)).toMatchObject({
      voters: [1, 4, 5],
      votersOutgoing: [1, 2, 3],
    });
    const { commit } = group.member(1).node.status();
    propose(group, 1, 'a');
    group.stabilize([1, 2, 3]);
    expect(group.member(1).node.status().commit).toBe(commit);
    group.stabilize([1, 2, 3, 4]);
    expect(group.member(1).node.status().commit).toBe(commit + 1);
  });

  test('a new leader leaves one only after its own entry is committed (camunda #61854)', () => {
    const group = electedGroup({ voters: 3, ...plain });
    proposeChange(group, 1, change('l4', 'joint-implicit'));
    group.processReady(1);
    for (const id of [2, 3]) group.deliver(id);
    for (const id of [2, 3]) group.processReady(id);
    group.deliver(1);
    // The leader tells the others of the commit, and is gone before it leaves the joint
    // configuration.
    group.processReady(1);
    for (const id of [2, 3]) group.deliver(id);
    for (const id of [2, 3]) takeMessages(group, id);
    expect(configurationOf(group, 2)).toMatchObject({ votersOutgoing: [1, 2, 3], autoLeave: true });
    group.messages = [];
    electStepwise(group, 2, 3);
    expect(group.member(2).node.status()).toMatchObject({ commit: 3, lastIndex: 4 });
    group.stabilize([2, 3]);
    expect(configurationOf(group, 2)).toMatchObject({ votersOutgoing: [], autoLeave: false });
    expect(group.member(2).node.status()).toMatchObject({ commit: 5, lastIndex: 5 });
  });

  test('leaving it is proposed once, however slowly entries are applied', () => {
    const group = electedGroup({ voters: 1, applyingBytesMax: 1 });
    proposeChange(group, 1, change('l2', 'joint-implicit'));
    propose(group, 1, 'a');
    propose(group, 1, 'b');
    group.stabilize([1]);
    const { storage } = group.member(1);
    const entries = storage.entries(2, storage.lastIndex() + 1, 1e9) ?? [];
    const kinds = entries.map(({ kind }) => kind);
    expect(kinds).toEqual(['normal', 'config', 'normal', 'normal', 'config']);
  });

  test('a voter that becomes a learner goes on voting in the outgoing half', () => {
    const group = electedGroup({ voters: 3 });
    proposeChange(group, 1, change('l3', 'joint-explicit'));
    settle(group);
    expect(configurationOf(group, 1)).toEqual({
      voters: [1, 2],
      votersOutgoing: [1, 2, 3],
      learners: [],
      learnersNext: [3],
      autoLeave: false,
    });
    proposeChange(group, 1, leaveJointChange);
    settle(group);
    expect(configurationOf(group, 3)).toMatchObject({ voters: [1, 2], learners: [3] });
  });
});

describe('a leader that is removed', () => {
  test('does not count itself any more', () => {
    const group = electedGroup({ voters: 3, removedLeader: 'stay' });
    proposeChange(group, 1, change('r1'));
    settle(group);
    const { commit } = group.member(1).node.status();
    expect(group.member(1).node.status().role).toBe('leader');
    expect(group.member(1).node.propose([utf8('a')])).toMatchObject({ code: 'not-a-member' });
    // What was under way of its own needs both of the others now.
    group.member(2).node.propose([utf8('a')]);
    group.stabilize([1, 2]);
    expect(group.member(1).node.status().commit).toBe(commit);
  });

  test('does not answer reads by itself', () => {
    const group = electedGroup({ voters: 2, removedLeader: 'stay' });
    proposeChange(group, 1, change('r1'));
    settle(group);
    group.member(1).node.readIndex(utf8('read'));
    group.processReady(1);
    expect(group.member(1).node.hasReady()).toBe(false);
    group.messages = [];
  });

  test('hands over to a voter that has its whole log', () => {
    const group = electedGroup({ voters: 3 });
    proposeChange(group, 1, change('r1'));
    settle(group);
    const { term, role, leader } = group.member(2).node.status();
    expect({ term, role, leader }).toEqual({ term: 2, role: 'leader', leader: 2 });
    expect(configurationOf(group, 3)).toMatchObject({ voters: [2, 3] });
  });

  test('tries the next voter when the first does not take over', () => {
    const group = electedGroup({ voters: 3 });
    proposeChange(group, 1, change('r1'));
    group.processReady(1);
    for (const id of [2, 3]) group.deliver(id);
    for (const id of [2, 3]) group.processReady(id);
    group.deliver(1);
    expect(takeKind(group, 1, 'timeout-now')).toMatchObject([{ to: 2 }]);
    for (let i = 0; i < 10; i += 1) {
      expect(group.member(1).node.status()).toMatchObject({ role: 'leader', transferee: 2 });
      tick(group, 1, 1);
      settle(group);
    }
    expect(group.member(3).node.status()).toMatchObject({ role: 'leader', term: 2 });
  });

  test('steps down at once where it was told to', () => {
    const group = electedGroup({ voters: 3, removedLeader: 'step-down' });
    proposeChange(group, 1, change('r1'));
    settle(group);
    expect(group.member(1).node.status()).toMatchObject({ role: 'follower', leader: 0 });
  });

  test('tells by its refusal what is committed, if the word was lost (etcd-io/etcd #12359)', () => {
    const group = electedGroup({ voters: 2, ...plain });
    proposeChange(group, 1, change('r1'));
    group.processReady(1);
    group.deliver(2);
    group.processReady(2);
    propose(group, 1, 'a tail that makes its log the longer one');
    group.processReady(1);
    group.deliver(1);
    while (group.member(1).node.hasReady()) group.processReady(1);
    expect(configurationOf(group, 1)).toMatchObject({ voters: [2] });
    group.messages = [];
    group.member(1).restart();
    // It may not campaign, and its log is longer: without help nobody could ever be elected.
    expect(group.member(2).node.status()).toMatchObject({ commit: 2, lastIndex: 3 });
    for (let i = 0; i < 3; i += 1) {
      tick(group, 2, 20);
      settle(group);
    }
    expect(group.member(2).node.status()).toMatchObject({ role: 'leader', leader: 2 });
    expect(configurationOf(group, 2)).toMatchObject({ voters: [2] });
  });
});

describe('members that come and go', () => {
  test('a learner gets the log, does not count, and is promoted', () => {
    const group = electedGroup({ voters: 1 });
    group.add(1, optionsOf(group), emptySnapshot);
    proposeChange(group, 1, change('l2'));
    settle(group);
    propose(group, 1, 'a');
    group.stabilize([1]);
    expect(group.member(1).node.status().applied).toBe(4);
    settle(group);
    expect(group.member(2).node.status().applied).toBe(4);
    proposeChange(group, 1, change('v2'));
    settle(group);
    propose(group, 1, 'b');
    group.stabilize([1]);
    expect(group.member(1).node.status()).toMatchObject({ commit: 5, lastIndex: 6 });
    settle(group);
    expect(group.member(2).node.status().applied).toBe(6);
  });

  test('leadership is not handed to one that is removed meanwhile', () => {
    const group = electedGroup({ voters: 3 });
    proposeChange(group, 1, change('r3'));
    group.member(1).node.transferLeader(3);
    expect(group.member(1).node.status().transferee).toBe(3);
    group.stabilize([1, 2]);
    expect(group.member(1).node.status()).toMatchObject({ transferee: 0, role: 'leader' });
  });

  test('answers of those who are no members are refused', () => {
    const group = electedGroup({ voters: 3 });
    const stranger = { from: 9, to: 1, term: 9, commit: { term: 0, index: 0 } } as const;
    const result = group.member(1).node.step({ kind: 'vote-response', granted: true, ...stranger });
    expect(result).toMatchObject({ ok: false, code: 'unknown-peer' });
    expect(group.member(1).node.status().term).toBe(1);
  });

  test('a candidate that learns of a committed change applies it before it goes on', () => {
    const group = electedGroup({ voters: 3, ...plain });
    proposeChange(group, 1, change('l4'));
    group.processReady(1);
    group.deliver(2);
    takeMessages(group, 2);
    group.member(2).node.campaign();
    takeMessages(group, 2);
    const commit = { term: 1, index: 3 };
    const refusal = { kind: 'vote-response', from: 3, to: 2, term: 2, granted: false } as const;
    group.member(2).node.step({ ...refusal, commit: { term: 9, index: 3 } });
    expect(group.member(2).node.status()).toMatchObject({ role: 'candidate', commit: 2 });
    group.member(2).node.step({ ...refusal, commit });
    expect(group.member(2).node.status()).toMatchObject({ role: 'follower', commit: 3 });
  });

  test('no campaign while a committed change is not applied', () => {
    const group = electedGroup({ voters: 3, ...plain });
    proposeChange(group, 1, change('l4'));
    group.processReady(1);
    for (const id of [2, 3]) group.deliver(id);
    for (const id of [2, 3]) group.processReady(id);
    group.deliver(1);
    group.processReady(1);
    group.deliver(2);
    expect(group.member(2).node.status()).toMatchObject({ commit: 3, applied: 2 });
    expect(group.member(2).node.campaign()).toBe(false);
    takeMessages(group, 2);
    expect(group.member(2).node.campaign()).toBe(true);
  });
});

/** Member `id` campaigns and wins by the vote of `voter`; nothing goes on from there. */
function electStepwise(group: Group, id: number, voter: number): void {
  group.member(id).node.campaign();
  for (const message of takeKind(group, id, 'vote')) {
    if (message.to === voter) group.member(voter).node.step(message);
  }
  for (const message of takeMessages(group, voter)) group.member(id).node.step(message);
  expect(group.member(id).node.status().role).toBe('leader');
}

function optionsOf(group: Group): Omit<MemberOptions, 'id'> {
  return { ...group.member(1).options, applied: 0 };
}
