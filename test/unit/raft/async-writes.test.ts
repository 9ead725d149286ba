// SPDX-License-Identifier: Apache-2.0
// Asynchronous storage writes: several under way, each reported for itself; heartbeats do not wait
// for the disk.

import { expect, test } from 'vitest';
import { utf8 } from '../../../base/bytes.ts';
import type { Entry } from '../../../sidechain/raft/entry.ts';
import type { Append, Message } from '../../../sidechain/raft/message.ts';
import { electedGroup, newGroup, propose, settle, tick } from './new-group.ts';

const asyncStorageWrites = true;
const plain = { preVote: false, checkQuorum: false, asyncStorageWrites };

function entry(term: number, index: number): Entry {
  return { term, index, kind: 'normal', data: utf8(`${term}/${index}`) };
}

function append(from: number, term: number, part: Partial<Append>): Append {
  const previous = { term: 1, index: 1 };
  return {
    kind: 'append',
    from,
    to: 1,
    term,
    previous,
    entries: [],
    commit: 1,
    session: 1,
    ...part,
  };
}

test('answers that bind wait for the write, what does not bind goes at once', () => {
  const { node } = newGroup({ voters: 3, ...plain }).member(1);
  node.step(append(2, 2, { entries: [entry(2, 2)] }));
  node.step({ kind: 'heartbeat', from: 2, to: 1, term: 2, commit: 1, readRound: 0 });
  const { messages, appendResponses } = node.ready();
  expect(messages).toMatchObject([{ kind: 'heartbeat-response' }]);
  expect(appendResponses).toMatchObject([
    { kind: 'append-response', to: 2, index: 2 },
    { kind: 'storage-append-response', to: 1, last: { term: 2, index: 2 } },
  ]);
});

test('a leader is heard while its disk stands still', () => {
  const group = electedGroup({ voters: 3, asyncStorageWrites });
  propose(group, 1, 'a');
  group.processReady(1);
  for (let i = 0; i < 30; i += 1) {
    tick(group, 1, 1);
    if (group.member(1).node.hasReady()) group.processReady(1);
    for (const id of [2, 3]) tick(group, id, 1);
    group.stabilize([2, 3]);
    group.deliver(1);
  }
  expect(group.members.map(({ node }) => node.status().leader)).toEqual([1, 1, 1]);
  // The others hold the entry durable: it is committed, though not yet on the leader's own disk,
  // and not applied there.
  expect(group.member(1).node.status()).toMatchObject({ commit: 3, applied: 2 });
  settle(group);
  expect(group.member(1).node.status().applied).toBe(3);
});

test('only what is durable is applied', () => {
  const { node } = newGroup({ voters: 3, ...plain }).member(1);
  node.step(append(2, 2, { entries: [entry(2, 2)], commit: 2 }));
  const first = node.ready();
  expect(first.committed).toEqual([]);
  for (const message of first.appendResponses) if (message.to === 1) node.step(message);
});

test('a late report is not taken for that of a newer write (etcd-io/raft, ABA race)', () => {
  const { node, storage } = newGroup({ voters: 5, ...plain }).member(1);
  const take = (): readonly Message[] => {
    const { entries, appendResponses } = node.ready();
    storage.append(entries);
    return appendResponses.filter(({ to }) => to === 1);
  };
  // Three leaders one after the other: the entry of the first comes back in the third term.
  node.step(append(2, 2, { entries: [entry(2, 2)] }));
  const first = take();
  node.step(append(3, 3, { entries: [entry(3, 2)] }));
  const second = take();
  node.step(append(4, 4, { entries: [entry(2, 2), entry(4, 3)], commit: 2 }));
  const third = take();
  for (const message of first) node.step(message);
  for (const message of second) node.step(message);
  expect(node.hasReady()).toBe(false);
  for (const message of third) node.step(message);
  expect(node.ready().committed).toMatchObject([{ term: 2, index: 2 }]);
});

test('a vote of its own counts for a candidate once it is durable', () => {
  const { node } = newGroup({ voters: 1, ...plain }).member(1);
  node.campaign();
  const { appendResponses, hardState } = node.ready();
  expect(hardState).toMatchObject({ term: 1, vote: 1 });
  expect(node.status().role).toBe('candidate');
  for (const message of appendResponses) node.step(message);
  expect(node.status().role).toBe('leader');
});

test('what is handed out to be applied stays within its limit until it is', () => {
  const group = electedGroup({ voters: 1, asyncStorageWrites, applyingBytesMax: 100 });
  for (let i = 0; i < 5; i += 1) propose(group, 1, 'x'.repeat(60));
  const member = group.member(1);
  const counts: number[] = [];
  while (member.node.hasReady()) {
    const { ready } = member.take();
    if (ready.committed.length > 0) member.applyWork.push(ready);
    counts.push(member.applyWork.length);
    member.persist(ready);
    for (const message of ready.appendResponses) member.node.step(message);
  }
  expect(Math.max(...counts)).toBe(1);
  settle(group);
  expect(member.node.status().applied).toBe(7);
});

test('advance() has no place there', () => {
  const { node } = newGroup({ voters: 1, ...plain }).member(1);
  node.campaign();
  node.ready();
  expect(() => node.advance()).toThrow('without asyncStorageWrites');
});
