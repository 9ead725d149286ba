// SPDX-License-Identifier: Apache-2.0
// A chain of one: the loop persist → send → apply → advance, without anybody to talk to.

import { expect, test } from 'vitest';
import { fromUtf8, utf8 } from '../../../base/bytes.ts';
import { emptyConfiguration } from '../../../sidechain/raft/configuration/configuration.ts';
import type { Entry } from '../../../sidechain/raft/entry.ts';
import { MemoryStorage } from '../../../sidechain/raft/memory-storage.ts';
import { RaftNode } from '../../../sidechain/raft/raft-node.ts';
import type { Ready } from '../../../sidechain/raft/ready.ts';

const options = { id: 1, electionTicks: 10, heartbeatTicks: 1, random: () => 0 };

function newStorage(): MemoryStorage {
  return new MemoryStorage({ configuration: { ...emptyConfiguration, voters: [1] } });
}

function persist(storage: MemoryStorage, ready: Ready): void {
  if (ready.hardState !== undefined) storage.setHardState(ready.hardState);
  storage.append(ready.entries);
}

/** Drives the node until nothing is left to do. @returns what was committed meanwhile. */
function settle(node: RaftNode, storage: MemoryStorage): readonly Entry[] {
  const committed: Entry[] = [];
  while (node.hasReady()) {
    const ready = node.ready();
    persist(storage, ready);
    committed.push(...ready.committed);
    node.advance();
  }
  return committed;
}

function texts(entries: readonly Entry[]): readonly (string | undefined)[] {
  return entries.map((entry) => fromUtf8(entry.data));
}

function elected(): { node: RaftNode; storage: MemoryStorage } {
  const storage = newStorage();
  const node = new RaftNode({ ...options, storage });
  expect(node.campaign()).toBe(true);
  settle(node, storage);
  return { node, storage };
}

test('it leads after one campaign and opens its term with an empty entry', () => {
  const storage = newStorage();
  const node = new RaftNode({ ...options, storage });
  expect(node.campaign()).toBe(true);
  const committed = settle(node, storage);
  expect(node.status()).toMatchObject({ role: 'leader', leader: 1, term: 1, vote: 1, commit: 1 });
  expect(committed).toEqual([{ term: 1, index: 1, kind: 'normal', data: new Uint8Array() }]);
});

test('it campaigns by itself when the election timeout has passed', () => {
  const storage = newStorage();
  const node = new RaftNode({ ...options, storage });
  for (let i = 1; i < options.electionTicks; i += 1) node.tick();
  expect(node.hasReady()).toBe(false);
  node.tick();
  settle(node, storage);
  expect(node.status().role).toBe('leader');
});

test('a proposal commits once it is durable and not before (etcd-io/etcd #14370)', () => {
  const { node, storage } = elected();
  expect(node.propose([utf8('a'), utf8('b')])).toEqual({
    ok: true,
    value: { kind: 'appended', term: 1, firstIndex: 2, lastIndex: 3, refusedChange: undefined },
  });
  const ready = node.ready();
  expect(texts(ready.entries)).toEqual(['a', 'b']);
  expect(ready.mustSync).toBe(true);
  expect(ready.committed).toEqual([]);
  expect(node.status().commit).toBe(1);
  persist(storage, ready);
  expect(node.status().commit).toBe(1);
  node.advance();
  expect(node.status().commit).toBe(3);
  const next = node.ready();
  expect(texts(next.committed)).toEqual(['a', 'b']);
  expect(next.hardState).toEqual({ term: 1, vote: 1, commit: 3 });
});

test('what is proposed while a write is under way waits for the next one', () => {
  const { node, storage } = elected();
  node.propose([utf8('a')]);
  const first = node.ready();
  node.propose([utf8('b')]);
  persist(storage, first);
  node.advance();
  const second = node.ready();
  expect(texts(second.entries)).toEqual(['b']);
  expect(texts(second.committed)).toEqual(['a']);
});

test('a restart replays what is committed and not known to be applied', () => {
  const { node, storage } = elected();
  node.propose([utf8('a')]);
  settle(node, storage);
  const all = new RaftNode({ ...options, storage });
  expect(texts(settle(all, storage))).toEqual(['', 'a']);
  const rest = new RaftNode({ ...options, storage, applied: 1 });
  expect(texts(settle(rest, storage))).toEqual(['a']);
  expect(rest.status()).toMatchObject({ role: 'follower', term: 1, vote: 1, commit: 2 });
});

test('a crash between persist and advance loses nothing that was committed', () => {
  const { node, storage } = elected();
  node.propose([utf8('a')]);
  persist(storage, node.ready());
  const restarted = new RaftNode({ ...options, storage, applied: 1 });
  restarted.campaign();
  expect(texts(settle(restarted, storage))).toEqual(['a', '']);
});

test('a proposal without a leader is refused', () => {
  const node = new RaftNode({ ...options, storage: newStorage() });
  expect(node.propose([utf8('a')])).toMatchObject({ ok: false, code: 'no-leader' });
});

test('a second ready() before advance() is a fault of the caller', () => {
  const { node } = elected();
  node.propose([utf8('a')]);
  node.ready();
  expect(() => node.ready()).toThrow('advance() comes before');
});

test('a member that is no voter never campaigns', () => {
  const storage = new MemoryStorage({ configuration: { ...emptyConfiguration, voters: [2] } });
  const node = new RaftNode({ ...options, storage });
  expect(node.campaign()).toBe(false);
  for (let i = 0; i < 100; i += 1) node.tick();
  expect(node.hasReady()).toBe(false);
});

test('options that cannot work are named', () => {
  const make = (wrong: object) => () =>
    new RaftNode({ ...options, storage: newStorage(), ...wrong });
  expect(make({ id: 0 })).toThrow('id');
  expect(make({ electionTicks: 1 })).toThrow('electionTicks');
  expect(make({ heartbeatTicks: 0 })).toThrow('heartbeatTicks');
  expect(make({ inflightMessagesMax: 0 })).toThrow('inflightMessagesMax');
  expect(make({ inflightBytesMax: 1 })).toThrow('inflightBytesMax');
});
