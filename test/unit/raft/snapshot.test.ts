// SPDX-License-Identifier: Apache-2.0
// Snapshots: Raft §7, and where others went wrong.

import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../base/bytes.ts';
import { emptyConfiguration } from '../../../sidechain/raft/configuration/configuration.ts';
import type { Entry } from '../../../sidechain/raft/entry.ts';
import type { Append, InstallSnapshot } from '../../../sidechain/raft/message.ts';
import type { Group } from '../../scenario/group.ts';
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
const configuration = { ...emptyConfiguration, voters: [1, 2, 3] };

function entry(term: number, index: number): Entry {
  return { term, index, kind: 'normal', data: utf8(`${term}/${index}`) };
}

function append(entries: readonly Entry[], part: Partial<Append> = {}): Append {
  const previous = { term: 1, index: 1 };
  const common = { from: 2, to: 1, term: 2, commit: 1, session: 1 };
  return { kind: 'append', previous, entries, ...common, ...part };
}

function install(
  index: number,
  term: number,
  part: Partial<InstallSnapshot> = {},
): InstallSnapshot {
  const snapshot = { index, term, configuration, data: utf8('state') };
  return { kind: 'snapshot', from: 2, to: 1, term: 3, session: 5, snapshot, ...part };
}

/** Member 3 is so far behind that the leader has compacted what it needs. */
function laggingGroup(): Group {
  const group = electedGroup({ voters: 3 });
  for (let i = 0; i < 5; i += 1) propose(group, 1, `${i}`);
  group.stabilize([1, 2]);
  group.messages = [];
  group.member(1).storage.compact(group.member(1).node.status().applied);
  group.member(1).node.reportUnreachable(3);
  return group;
}

describe('a follower', () => {
  test('drops an entry of another term at the snapshot, and what follows (hashicorp #697)', () => {
    const group = newGroup({ voters: 3, ...plain });
    const { node, storage } = group.member(1);
    node.step(append([entry(2, 2), entry(2, 3), entry(2, 4)]));
    takeMessages(group, 1);
    node.step(install(3, 3));
    expect(takeKind(group, 1, 'append-response')).toMatchObject([{ index: 3, session: 5 }]);
    expect([storage.firstIndex(), storage.lastIndex()]).toEqual([4, 3]);
    expect(node.status()).toMatchObject({ commit: 3, applied: 3 });
    node.step(append([entry(3, 4)], { term: 3, previous: { term: 3, index: 3 } }));
    expect(takeKind(group, 1, 'append-response')).toMatchObject([
      { index: 4, rejection: undefined },
    ]);
  });

  test('keeps its log where the snapshot says only what it has', () => {
    const group = newGroup({ voters: 3, ...plain });
    const { node, storage } = group.member(1);
    node.step(append([entry(2, 2), entry(2, 3), entry(2, 4)]));
    takeMessages(group, 1);
    node.step(install(3, 2));
    expect(takeKind(group, 1, 'append-response')).toMatchObject([{ index: 3 }]);
    expect(storage.lastIndex()).toBe(4);
    expect(node.status().commit).toBe(3);
  });

  test('ignores what is not newer than its commit index', () => {
    const group = electedGroup({ voters: 3, ...plain });
    group.member(2).storage.compact(2);
    for (const index of [1, 2]) {
      group.member(2).node.step(install(index, 1, { from: 1, to: 2, term: 1 }));
      expect(takeKind(group, 2, 'append-response')).toMatchObject([{ index: 2 }]);
    }
    expect(group.member(2).node.status().firstIndex).toBe(3);
  });

  test('ignores one of a configuration that it is not in', () => {
    const group = newGroup({ voters: 3, ...plain });
    const strangers = { ...emptyConfiguration, voters: [2, 3] };
    const snapshot = { index: 9, term: 2, configuration: strangers, data: utf8('') };
    group.member(1).node.step(install(9, 2, { snapshot }));
    expect(takeKind(group, 1, 'append-response')).toMatchObject([{ index: 1 }]);
  });

  test('acknowledges with the Ready that persists it, which must be synced', () => {
    const { node } = newGroup({ voters: 3, ...plain }).member(1);
    node.step(install(9, 2));
    const ready = node.ready();
    expect(ready).toMatchObject({ mustSync: true, snapshot: { index: 9 }, entries: [] });
    expect(ready.hardState).toMatchObject({ term: 3, commit: 9 });
    expect(ready.messages).toMatchObject([{ kind: 'append-response', index: 9 }]);
  });

  test('has its configuration once applied, not while older entries are (openraft 01e813a5)', () => {
    const { node } = newGroup({ voters: 3, ...plain }).member(1);
    node.step(append([entry(2, 2)], { commit: 2 }));
    const older = node.ready();
    expect(older.committed).toHaveLength(1);
    const snapshot = { index: 9, term: 2, configuration: { ...configuration, learners: [4] } };
    node.step(install(9, 2, { snapshot: { ...snapshot, data: utf8('') } }));
    expect(node.status().configuration.learners).toEqual([]);
    node.advance();
    expect(node.status()).toMatchObject({ applied: 2, configuration: { learners: [] } });
    expect(node.ready()).toMatchObject({ snapshot: { index: 9 }, committed: [] });
    node.advance();
    expect(node.status()).toMatchObject({ applied: 9, configuration: { learners: [4] } });
  });

  test('does not campaign while one is on its way to the disk', () => {
    const member = newGroup({ voters: 3, ...plain }).member(1);
    const { node } = member;
    node.step(install(9, 2));
    expect(node.campaign()).toBe(false);
    member.persist(node.ready());
    expect(node.campaign()).toBe(false);
    node.advance();
    expect(node.campaign()).toBe(true);
  });

  test('goes on where it was when it restarts before the snapshot is persisted', () => {
    const group = laggingGroup();
    const [sent] = snapshotsSent(group);
    expect(sent).toBeDefined();
    if (sent !== undefined) group.member(3).node.step(sent);
    group.member(3).restart();
    expect(group.member(3).node.status()).toMatchObject({ firstIndex: 2, applied: 2 });
  });
});

/** What the leader says to member 3 once it has heard of it. */
function snapshotsSent(group: Group): readonly (InstallSnapshot & { kind: 'snapshot' })[] {
  tick(group, 1, 1);
  group.processReady(1);
  group.deliver(3);
  group.processReady(3);
  group.deliver(1);
  return takeKind(group, 1, 'snapshot');
}

describe('a leader', () => {
  test('sends one to whoever needs compacted entries, and waits', () => {
    const group = laggingGroup();
    expect(snapshotsSent(group)).toMatchObject([{ to: 3, snapshot: { index: 7 } }]);
    expect(group.member(1).node.status().progress.get(3)).toMatchObject({
      state: 'snapshot',
      pendingSnapshot: 7,
      isPaused: true,
    });
    propose(group, 1, 'more');
    expect(takeMessages(group, 1).filter(({ to }) => to === 3)).toEqual([]);
  });

  test('goes on waiting after a late word of what came before', () => {
    const group = laggingGroup();
    snapshotsSent(group);
    const { session = 0 } = group.member(1).node.status().progress.get(3) ?? {};
    const late = { from: 3, to: 1, term: 1, index: 3, session, rejection: undefined } as const;
    group.member(1).node.step({ kind: 'append-response', ...late });
    const progress = group.member(1).node.status().progress.get(3);
    expect(progress).toMatchObject({ state: 'snapshot', match: 3, pendingSnapshot: 7 });
    expect(takeKind(group, 1, 'snapshot')).toEqual([]);
  });

  test('streams on behind it, as soon as it is acknowledged', () => {
    const group = laggingGroup();
    settle(group);
    tick(group, 1, 1);
    settle(group);
    expect(group.member(3).node.status()).toMatchObject({ applied: 7, firstIndex: 8 });
    expect(group.member(1).node.status().progress.get(3)).toMatchObject({ state: 'replicate' });
  });

  test('sends another after a failure, at the next sign of life', () => {
    const group = laggingGroup();
    expect(snapshotsSent(group)).toHaveLength(1);
    expect(snapshotsSent(group)).toHaveLength(0);
    group.member(1).node.reportSnapshot(3, 'failed');
    propose(group, 1, 'more');
    expect(takeKind(group, 1, 'snapshot')).toEqual([]);
    expect(snapshotsSent(group)).toHaveLength(1);
  });

  test('finds out by a probe whether one that was delivered is installed', () => {
    const group = laggingGroup();
    const [lost] = snapshotsSent(group);
    expect(lost).toBeDefined();
    group.member(1).node.reportSnapshot(3, 'delivered');
    tick(group, 1, 1);
    settle(group);
    tick(group, 1, 1);
    settle(group);
    expect(group.member(3).node.status().applied).toBe(7);
  });

  test('sends none to whom it has not heard of', () => {
    const group = electedGroup({ voters: 3 });
    for (let i = 0; i < 5; i += 1) propose(group, 1, `${i}`);
    // Two checks of the quorum without a word of member 3.
    for (let i = 0; i < 20; i += 1) {
      tick(group, 1, 1);
      group.stabilize([1, 2]);
    }
    group.member(1).storage.compact(7);
    group.messages = [];
    group.member(1).node.reportUnreachable(3);
    propose(group, 1, 'x');
    expect(takeKind(group, 1, 'snapshot')).toEqual([]);
  });
});
