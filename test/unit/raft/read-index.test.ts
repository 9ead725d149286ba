// SPDX-License-Identifier: Apache-2.0
// Linearizable reads: thesis §6.4, and where others went wrong.

import { expect, test } from 'vitest';
import { fromUtf8, utf8 } from '../../../base/bytes.ts';
import { limits } from '../../../base/limits.ts';
import type { ReadState } from '../../../sidechain/raft/core.ts';
import type { Group } from '../../scenario/group.ts';
import { electedGroup, newGroup, settle, takeKind, takeMessages, tick } from './new-group.ts';

/** Takes one `Ready` and does it, to see the answers in it. */
function readsOf(group: Group, id: number): readonly ReadState[] {
  const member = group.member(id);
  const reads: ReadState[] = [];
  while (member.node.hasReady()) {
    const { ready } = member.take();
    member.persist(ready);
    member.apply(ready.committed);
    group.messages.push(...ready.messages);
    reads.push(...ready.readStates);
    member.node.advance();
  }
  return reads;
}

test('a read is answered after a quorum was asked, and not before', () => {
  const group = electedGroup({ voters: 3 });
  for (const context of [utf8('first'), utf8('second')]) {
    expect(group.member(1).node.readIndex(context).ok).toBe(true);
    expect(readsOf(group, 1)).toEqual([]);
    group.deliver(2);
    group.processReady(2);
    group.deliver(1);
    expect(readsOf(group, 1)).toEqual([{ index: 2, context }]);
  }
});

test('an answer to a heartbeat from before the read proves nothing (d-engine #381)', () => {
  const group = electedGroup({ voters: 3 });
  tick(group, 1, 1);
  group.processReady(1);
  group.deliver(2);
  const early = takeMessages(group, 2);
  group.messages = [];
  group.member(1).node.readIndex(utf8('r'));
  takeMessages(group, 1);
  for (const message of early) group.member(1).node.step(message);
  expect(readsOf(group, 1)).toEqual([]);
});

test('a request that is asked again is confirmed on its own (etcd-io/etcd #397)', () => {
  const group = electedGroup({ voters: 3 });
  group.member(1).node.readIndex(utf8('same'));
  readsOf(group, 1);
  group.deliver(2);
  const answers = takeMessages(group, 2);
  group.messages = [];
  group.member(1).node.readIndex(utf8('same'));
  for (const message of answers) group.member(1).node.step(message);
  expect(readsOf(group, 1)).toHaveLength(1);
  settle(group);
  tick(group, 1, 1);
  group.processReady(1);
  for (const id of [2, 3]) group.deliver(id);
  for (const id of [2, 3]) group.processReady(id);
  group.deliver(1);
  expect(group.member(1).node.hasReady()).toBe(false);
});

test('one confirmation answers all reads before it, in order', () => {
  const group = electedGroup({ voters: 3 });
  for (const one of ['a', 'b', 'c']) group.member(1).node.readIndex(utf8(one));
  readsOf(group, 1);
  group.deliver(3);
  group.processReady(3);
  group.deliver(1);
  expect(readsOf(group, 1).map(({ context }) => fromUtf8(context))).toEqual(['a', 'b', 'c']);
});

test('a new leader answers only after its first commit: it may not know of the last one', () => {
  const group = newGroup({ voters: 3, preVote: false, checkQuorum: false });
  for (let term = 1; term <= 2; term += 1) group.member(1).node.campaign();
  group.processReady(1);
  group.deliver(2);
  group.processReady(2);
  group.deliver(1);
  expect(group.member(1).node.status()).toMatchObject({ role: 'leader', term: 2, commit: 1 });
  group.member(1).node.readIndex(utf8('r'));
  tick(group, 1, 1);
  expect(takeKind(group, 1, 'heartbeat').map(({ readRound }) => readRound)).toEqual([0, 0]);
  group.deliver(2);
  group.processReady(2);
  const reads: ReadState[] = [];
  tick(group, 1, 1);
  for (let i = 0; i < 8; i += 1) {
    for (const id of [1, 2, 3]) reads.push(...readsOf(group, id));
    for (const id of [1, 2, 3]) group.deliver(id);
  }
  expect(reads).toEqual([{ index: 2, context: utf8('r') }]);
});

test('alone, a leader is the quorum', () => {
  const group = electedGroup({ voters: 1 });
  group.member(1).node.readIndex(utf8('r'));
  expect(readsOf(group, 1)).toEqual([{ index: 2, context: utf8('r') }]);
});

test('a follower asks the leader', () => {
  const group = electedGroup({ voters: 3 });
  group.member(2).node.readIndex(utf8('r'));
  const reads: ReadState[] = [];
  for (let i = 0; i < 5; i += 1) {
    for (const id of [1, 2, 3]) reads.push(...readsOf(group, id));
    for (const id of [1, 2, 3]) group.deliver(id);
  }
  expect(reads).toEqual([{ index: 2, context: utf8('r') }]);
});

test('without a leader there is no answer; nor from one that lost its leadership', () => {
  const group = electedGroup({ voters: 3 });
  group.member(2).node.forgetLeader();
  expect(group.member(2).node.readIndex(utf8('r'))).toMatchObject({ code: 'no-leader' });
  group.member(1).node.readIndex(utf8('r'));
  group.processReady(1);
  group.deliver(2);
  const confirmations = takeMessages(group, 2);
  tick(group, 1, 20);
  expect(group.member(1).node.status().role).toBe('follower');
  for (const message of confirmations) group.member(1).node.step(message);
  expect(readsOf(group, 1)).toEqual([]);
});

test('a read of an earlier leadership is not answered by a later one', () => {
  const group = electedGroup({ voters: 3, random: () => 0.9 });
  group.member(1).node.readIndex(utf8('r'));
  takeMessages(group, 1);
  tick(group, 1, 20);
  takeMessages(group, 1);
  group.member(1).node.campaign();
  for (const id of [2, 3]) tick(group, id, 10);
  const reads: ReadState[] = [];
  for (let i = 0; i < 10; i += 1) {
    if (i > 5) tick(group, 1, 1);
    for (const id of [1, 2, 3]) reads.push(...readsOf(group, id));
    for (const id of [1, 2, 3]) group.deliver(id);
  }
  expect(group.member(1).node.status()).toMatchObject({ role: 'leader', term: 2 });
  group.member(1).node.readIndex(utf8('later'));
  for (let i = 0; i < 5; i += 1) {
    for (const id of [1, 2, 3]) reads.push(...readsOf(group, id));
    for (const id of [1, 2, 3]) group.deliver(id);
  }
  expect(reads.map(({ context }) => fromUtf8(context))).toEqual(['later']);
});

test('no more reads wait than the limit', () => {
  const group = electedGroup({ voters: 3 });
  const { node } = group.member(1);
  for (let i = 0; i < limits.raftPendingReadsMax; i += 1) node.readIndex(utf8('r'));
  expect(node.readIndex(utf8('r'))).toMatchObject({ ok: false, code: 'too-many-reads' });
});
