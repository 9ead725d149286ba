// SPDX-License-Identifier: Apache-2.0
// The storage in memory: what it promises to the core, and what it does not let its owner do.

import { expect, test } from 'vitest';
import { emptyConfiguration } from '../../../sidechain/raft/configuration/configuration.ts';
import type { Entry } from '../../../sidechain/raft/entry.ts';
import { MemoryStorage } from '../../../sidechain/raft/memory-storage.ts';

function entry(term: number, index: number): Entry {
  return { term, index, kind: 'normal', data: new Uint8Array(10) };
}

function filled(): MemoryStorage {
  const storage = new MemoryStorage();
  storage.append([1, 2, 3, 4, 5].map((index) => entry(1, index)));
  return storage;
}

test('an empty one begins before index 1', () => {
  const storage = new MemoryStorage();
  expect([storage.firstIndex(), storage.lastIndex(), storage.term(0)]).toEqual([1, 0, 0]);
  expect(storage.initialState()).toEqual({
    hardState: { term: 0, vote: 0, commit: 0 },
    configuration: emptyConfiguration,
  });
  expect(storage.snapshot()).toBeUndefined();
});

test('appending truncates at the first index', () => {
  const storage = filled();
  storage.append([entry(2, 3)]);
  expect(storage.entries(1, 4, 1e9)).toEqual([entry(1, 1), entry(1, 2), entry(2, 3)]);
  expect(() => storage.append([entry(2, 5)])).toThrow('follow');
});

test('entries are limited in bytes, but one is always given', () => {
  const storage = filled();
  expect(storage.entries(1, 6, 60)).toHaveLength(2);
  expect(storage.entries(1, 6, 0)).toHaveLength(1);
});

test('compaction forgets entries and keeps the term of the last', () => {
  const storage = filled();
  storage.compact(3);
  storage.compact(2);
  expect([storage.firstIndex(), storage.lastIndex()]).toEqual([4, 5]);
  expect([2, 3, 4, 6].map((index) => storage.term(index))).toEqual([undefined, 1, 1, undefined]);
  expect(storage.entries(3, 6, 1e9)).toBeUndefined();
  expect(() => storage.append([entry(2, 3)])).toThrow('compacted');
  expect(() => storage.compact(9)).toThrow('only what is here');
});

test('a snapshot takes the place of everything; one that is only offered of nothing', () => {
  const storage = filled();
  const configuration = { ...emptyConfiguration, voters: [1] };
  const snapshot = { index: 4, term: 1, configuration, data: new Uint8Array() };
  storage.setSnapshot(snapshot);
  expect([storage.firstIndex(), storage.snapshot()]).toEqual([1, snapshot]);
  storage.applySnapshot({ ...snapshot, index: 9, term: 3 });
  expect([storage.firstIndex(), storage.lastIndex(), storage.term(9)]).toEqual([10, 9, 3]);
  expect(storage.initialState().configuration).toEqual(configuration);
  expect(() => storage.setSnapshot(snapshot)).toThrow('forward');
});
