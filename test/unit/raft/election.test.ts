// SPDX-License-Identifier: Apache-2.0
// Elections: Raft §5.2 and §5.4.1, thesis §9.6 (pre-vote) and §6.2 (check quorum), and where others
// went wrong.

import { describe, expect, test } from 'vitest';
import type { Vote, VoteResponse } from '../../../sidechain/raft/message.ts';
import {
  electedGroup,
  newGroup,
  propose,
  settle,
  takeKind,
  takeMessages,
  tick,
} from './new-group.ts';

const plain = { preVote: false, checkQuorum: false };

function ask(part: Partial<Vote>): Vote {
  const last = { term: 1, index: 1 };
  return { kind: 'vote', from: 2, to: 1, term: 2, last, transfer: false, ...part };
}

function answer(part: Partial<VoteResponse>): VoteResponse {
  const commit = { term: 0, index: 0 };
  return { kind: 'vote-response', from: 2, to: 1, term: 1, granted: true, commit, ...part };
}

describe('votes', () => {
  test('a vote is persisted in the same Ready that sends it, and must be synced', () => {
    const { node } = newGroup({ voters: 3, ...plain }).member(1);
    node.step(ask({}));
    const ready = node.ready();
    expect(ready.hardState).toMatchObject({ term: 2, vote: 2 });
    expect(ready.mustSync).toBe(true);
    expect(ready.messages).toMatchObject([{ kind: 'vote-response', granted: true }]);
  });

  test('one vote a term, also after a restart', () => {
    const group = newGroup({ voters: 3, ...plain });
    group.member(1).node.step(ask({ from: 2 }));
    takeMessages(group, 1);
    group.member(1).restart();
    group.member(1).node.step(ask({ from: 3 }));
    expect(takeKind(group, 1, 'vote-response')).toMatchObject([{ to: 3, granted: false }]);
    group.member(1).node.step(ask({ from: 2 }));
    expect(takeKind(group, 1, 'vote-response')).toMatchObject([{ to: 2, granted: true }]);
  });

  test('a repeated vote is given by the log as it is now (hashicorp/raft raft.go:1720)', () => {
    const group = newGroup({ voters: 3, ...plain });
    group.member(1).node.step(ask({ from: 2 }));
    takeMessages(group, 1);
    group.member(1).node.step(ask({ from: 2, last: { term: 0, index: 0 } }));
    expect(takeKind(group, 1, 'vote-response')).toMatchObject([{ to: 2, granted: false }]);
  });

  test.each([
    { last: { term: 2, index: 1 }, granted: true, why: 'a later term, though shorter' },
    { last: { term: 1, index: 9 }, granted: true, why: 'the same term and longer' },
    { last: { term: 1, index: 2 }, granted: true, why: 'the same' },
    { last: { term: 1, index: 1 }, granted: false, why: 'the same term and shorter' },
    { last: { term: 0, index: 9 }, granted: false, why: 'an earlier term, though longer' },
  ])('a log is up to date by term, then by length: $why (Raft §5.4.1)', ({ last, granted }) => {
    const group = electedGroup({ voters: 3, ...plain });
    group.member(2).node.step(ask({ from: 3, to: 2, term: 3, last }));
    expect(takeKind(group, 2, 'vote-response')).toMatchObject([{ granted }]);
  });

  test('a learner votes when it is asked: it may be a voter already (etcd-io/etcd #10998)', () => {
    const group = newGroup({ voters: 2, learners: 1, ...plain });
    group.member(3).node.step(ask({ from: 2, to: 3 }));
    expect(takeKind(group, 3, 'vote-response')).toMatchObject([{ to: 2, granted: true }]);
  });

  test('who knows the leader of a term gives no vote in it', () => {
    const group = electedGroup({ voters: 3, ...plain });
    group.member(2).restart();
    group.member(2).node.step(ask({ to: 2, from: 1, term: 2 }));
    takeMessages(group, 2);
    const heartbeat = { kind: 'heartbeat', from: 1, to: 3, term: 2, readRound: 0 } as const;
    group.member(3).node.step({ ...heartbeat, commit: 1 });
    group.member(3).node.step(ask({ to: 3, from: 2, term: 2, last: { term: 1, index: 2 } }));
    expect(takeKind(group, 3, 'vote-response')).toMatchObject([{ granted: false }]);
  });

  test('the first answer of a voter counts, and a learner has none', () => {
    const group = newGroup({ voters: 3, learners: 1, ...plain });
    const { node } = group.member(1);
    node.campaign();
    takeMessages(group, 1);
    node.step(answer({ from: 4 }));
    node.step(answer({ from: 2, granted: false }));
    node.step(answer({ from: 2 }));
    expect(node.status().role).toBe('candidate');
    node.step(answer({ from: 3 }));
    expect(node.status().role).toBe('leader');
  });

  test('a candidate that cannot win any more follows', () => {
    const group = newGroup({ voters: 3, ...plain });
    const { node } = group.member(1);
    node.campaign();
    takeMessages(group, 1);
    node.step(answer({ from: 2, granted: false }));
    node.step(answer({ from: 3, granted: false }));
    expect(node.status()).toMatchObject({ role: 'follower', term: 1, vote: 1 });
  });

  test('timeouts are drawn from one to two election timeouts', () => {
    for (const [random, ticks] of [[() => 0, 10] as const, [() => 0.999, 19] as const]) {
      const group = newGroup({ voters: 3, random });
      tick(group, 1, ticks - 1);
      expect(group.member(1).node.status().role).toBe('follower');
      tick(group, 1, 1);
      expect(group.member(1).node.status().role).toBe('pre-candidate');
    }
  });
});

describe('pre-vote', () => {
  test('it changes neither term nor vote, nor when the leader was last heard of', () => {
    const group = newGroup({ voters: 3, checkQuorum: false });
    const { node } = group.member(1);
    tick(group, 1, 9);
    node.step(ask({ kind: 'pre-vote', term: 5 }));
    expect(node.status()).toMatchObject({ term: 0, vote: 0 });
    expect(takeKind(group, 1, 'pre-vote-response')).toMatchObject([{ term: 5, granted: true }]);
    tick(group, 1, 1);
    expect(node.status().role).toBe('pre-candidate');
  });

  test('one member may be promised to several (canonical/raft #196)', () => {
    const group = newGroup({ voters: 3 });
    group.member(1).node.step(ask({ kind: 'pre-vote', from: 2 }));
    group.member(1).node.step(ask({ kind: 'pre-vote', from: 3 }));
    const granted = takeKind(group, 1, 'pre-vote-response').map((message) => message.granted);
    expect(granted).toEqual([true, true]);
  });

  test('a rejection bears the term, and the asker adopts it (etcd-io/etcd #8501)', () => {
    const group = newGroup({ voters: 3 });
    group.member(2).node.step({ ...ask({ to: 2, from: 3, term: 8 }), kind: 'vote' });
    takeMessages(group, 2);
    group.member(1).node.campaign();
    group.deliver(2);
    group.messages = [...takeMessages(group, 1)];
    group.deliver(2);
    const rejection = takeKind(group, 2, 'pre-vote-response');
    expect(rejection).toMatchObject([{ term: 8, granted: false }]);
    for (const message of rejection) group.member(1).node.step(message);
    expect(group.member(1).node.status()).toMatchObject({ role: 'follower', term: 8 });
  });

  test('its answers are no votes, and votes no answers to it (canonical/raft #196)', () => {
    const group = newGroup({ voters: 3 });
    const { node } = group.member(1);
    node.campaign();
    takeMessages(group, 1);
    node.step(answer({ term: 0 }));
    expect(node.status().role).toBe('pre-candidate');
    node.step(answer({ kind: 'pre-vote-response' }));
    expect(node.status().role).toBe('candidate');
    takeMessages(group, 1);
    node.step(answer({ kind: 'pre-vote-response', from: 3 }));
    expect(node.status().role).toBe('candidate');
  });

  test('each campaign counts anew (tikv/raft-rs #83)', () => {
    const group = newGroup({ voters: 5 });
    const { node } = group.member(1);
    node.campaign();
    takeMessages(group, 1);
    node.step(answer({ kind: 'pre-vote-response', from: 2 }));
    node.campaign();
    takeMessages(group, 1);
    node.step(answer({ kind: 'pre-vote-response', from: 3 }));
    expect(node.status().role).toBe('pre-candidate');
  });

  test('a member that was away comes back without raising the term', () => {
    const group = electedGroup({ voters: 3 });
    tick(group, 3, 100);
    takeMessages(group, 3);
    tick(group, 1, 1);
    settle(group);
    expect(group.member(3).node.status()).toMatchObject({ role: 'follower', term: 1, leader: 1 });
    expect(group.member(1).node.status()).toMatchObject({ role: 'leader', term: 1 });
  });

  test('of two that ask at the same moment one wins at once', () => {
    const group = electedGroup({ voters: 3, checkQuorum: true, preVote: true });
    for (const id of [2, 3]) tick(group, id, 10);
    for (const id of [2, 3]) {
      while (group.member(id).node.hasReady()) group.processReady(id);
    }
    expect(group.messages.filter(({ kind }) => kind === 'pre-vote')).toHaveLength(4);
    group.deliver(1, { drop: true });
    group.stabilize([2, 3]);
    expect(group.member(2).node.status()).toMatchObject({ role: 'leader', term: 2 });
    expect(group.member(3).node.status()).toMatchObject({ role: 'follower', leader: 2 });
  });

  test('who has more of the log goes first, whatever the ids', () => {
    const group = electedGroup({ voters: 3, checkQuorum: true, preVote: true });
    propose(group, 1, 'more');
    group.stabilize([1]);
    group.stabilize([1, 3]);
    group.deliver(2, { drop: true });
    for (const id of [2, 3]) tick(group, id, 10);
    for (const id of [2, 3]) {
      while (group.member(id).node.hasReady()) group.processReady(id);
    }
    group.deliver(1, { drop: true });
    group.stabilize([2, 3]);
    expect(group.member(3).node.status()).toMatchObject({ role: 'leader', term: 2 });
  });

  test('two of three elect, even the old leader again (hashicorp/raft #605)', () => {
    const group = electedGroup({ voters: 3, random: () => 0.9 });
    group.member(1).restart();
    // Its follower remembers it as the leader, and does not hold that against it.
    tick(group, 2, 10);
    group.member(1).node.campaign();
    group.stabilize([1, 2]);
    expect(group.member(1).node.status()).toMatchObject({ role: 'leader', term: 2 });
  });
});

describe('check quorum', () => {
  test('a leader that hears no quorum steps down and falls silent (openraft #2080)', () => {
    const group = electedGroup({ voters: 3 });
    tick(group, 1, 20);
    expect(group.member(1).node.status()).toMatchObject({ role: 'follower', leader: 0 });
    takeMessages(group, 1);
    tick(group, 1, 1);
    expect(takeKind(group, 1, 'heartbeat')).toEqual([]);
  });

  test('hearing learners is not hearing a quorum', () => {
    const group = electedGroup({ voters: 3, learners: 2 });
    for (let i = 0; i < 25; i += 1) {
      tick(group, 1, 1);
      group.stabilize([1, 4, 5]);
    }
    expect(group.member(1).node.status().role).toBe('follower');
  });

  test('one voter that is heard keeps a leader of three', () => {
    const group = electedGroup({ voters: 3 });
    for (let i = 0; i < 50; i += 1) {
      tick(group, 1, 1);
      group.stabilize([1, 2]);
    }
    expect(group.member(1).node.status()).toMatchObject({ role: 'leader', term: 1 });
  });

  test('who hears a leader gives no vote, not to removed members (hashicorp/raft #524)', () => {
    const group = electedGroup({ voters: 3 });
    const before = group.member(2).node.status();
    const refused = group.member(2).node.step(ask({ from: 9, to: 2, term: 7 }));
    expect(refused).toMatchObject({ ok: false, code: 'leased' });
    expect(group.member(2).node.status()).toEqual(before);
    expect(group.member(2).node.hasReady()).toBe(false);
  });

  test('a member with a higher term is let in again by the leader, who adopts it', () => {
    const group = electedGroup({ voters: 3, preVote: false });
    tick(group, 3, 10);
    expect(takeKind(group, 3, 'vote')).toHaveLength(2);
    tick(group, 1, 1);
    settle(group);
    expect(group.member(1).node.status().term).toBe(2);
    tick(group, 2, 10);
    settle(group);
    expect(group.members.map(({ node }) => node.status().leader)).toEqual([2, 2, 2]);
  });
});

describe('leadership transfer', () => {
  test('it needs neither pre-vote nor the end of a lease (canonical/raft #203)', () => {
    const group = electedGroup({ voters: 3 });
    group.member(1).node.transferLeader(3);
    settle(group);
    expect(group.members.map(({ node }) => node.status().leader)).toEqual([3, 3, 3]);
  });

  test('the other gets the rest of the log first; proposals wait', () => {
    const group = electedGroup({ voters: 3 });
    propose(group, 1, 'a');
    group.processReady(1);
    group.messages = [];
    group.member(1).node.transferLeader(2);
    expect(takeKind(group, 1, 'timeout-now')).toEqual([]);
    expect(group.member(1).node.propose([new Uint8Array()])).toMatchObject({
      code: 'transferring',
    });
    settle(group);
    tick(group, 1, 1);
    settle(group);
    expect(group.member(2).node.status().role).toBe('leader');
  });

  test('it is given up after one election timeout', () => {
    const group = electedGroup({ voters: 3 });
    group.member(1).node.transferLeader(2);
    takeMessages(group, 1);
    for (let i = 0; i < 10; i += 1) {
      tick(group, 1, 1);
      group.stabilize([1, 3]);
    }
    expect(group.member(1).node.status()).toMatchObject({ role: 'leader', transferee: 0 });
    propose(group, 1, 'a');
  });

  test('a follower passes the wish on; learners and strangers never get to lead', () => {
    const group = electedGroup({ voters: 2, learners: 1 });
    group.member(1).node.transferLeader(3);
    group.member(1).node.transferLeader(9);
    settle(group);
    expect(group.member(1).node.status()).toMatchObject({ role: 'leader', transferee: 0 });
    group.member(2).node.transferLeader(2);
    settle(group);
    expect(group.member(2).node.status().role).toBe('leader');
  });
});
