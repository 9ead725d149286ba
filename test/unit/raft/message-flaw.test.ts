// SPDX-License-Identifier: Apache-2.0
// Messages that no honest member sends: refused, with nothing changed, rather than the end of the
// process.

import { expect, test } from 'vitest';
import { limits } from '../../../base/limits.ts';
import { emptyConfiguration } from '../../../sidechain/raft/configuration/configuration.ts';
import type { Entry } from '../../../sidechain/raft/entry.ts';
import type { PeerMessage } from '../../../sidechain/raft/message.ts';
import { newGroup } from './new-group.ts';

const route = { from: 2, to: 1, term: 2, session: 1 } as const;
const previous = { term: 1, index: 1 };
const far = 2 ** 48;

function entry(term: number, index: number): Entry {
  return { term, index, kind: 'normal', data: new Uint8Array() };
}

function append(entries: readonly Entry[], from = previous): PeerMessage {
  return { ...route, kind: 'append', previous: from, entries, commit: 1 };
}

function snapshot(
  index: number,
  term: number,
  part: Partial<typeof emptyConfiguration>,
): PeerMessage {
  const configuration = { ...emptyConfiguration, voters: [1, 2, 3], ...part };
  const data = new Uint8Array();
  return { ...route, kind: 'snapshot', snapshot: { index, term, configuration, data } };
}

test.each<[string, PeerMessage]>([
  ['a gap after the previous entry', append([entry(2, 3)])],
  ['a gap between entries', append([entry(2, 2), entry(2, 4)])],
  ['an entry twice', append([entry(2, 2), entry(2, 2)])],
  [
    'an entry that is larger than any',
    append([{ ...entry(2, 2), data: new Uint8Array(limits.raftEntryBytesMax + 1) }]),
  ],
  ['a term that falls', append([entry(2, 2), entry(1, 3)])],
  ['an entry of a later term', append([entry(3, 2)])],
  ['a previous entry of a later term', append([], { term: 3, index: 1 })],
  ['an index beyond the limit', append([], { term: 1, index: far + 1 })],
  ['a term beyond the limit', { ...append([]), term: far + 1 }],
  [
    'a commit beyond the log',
    { from: 2, to: 1, term: 2, kind: 'heartbeat', commit: 99, readRound: 0 },
  ],
  ['an empty snapshot', snapshot(0, 0, {})],
  ['a snapshot of a later term', snapshot(5, 3, {})],
  ['a snapshot beyond the limit', snapshot(far + 1, 1, {})],
  ['voters out of order', snapshot(5, 1, { voters: [2, 1] })],
  ['a voter twice', snapshot(5, 1, { voters: [1, 1, 2] })],
  ['a voter 0', snapshot(5, 1, { voters: [0, 1] })],
  ['a voter that is a learner', snapshot(5, 1, { learners: [3] })],
  ['a learner to come that is no old voter', snapshot(5, 1, { learnersNext: [3] })],
  ['leaving what is not joint', snapshot(5, 1, { autoLeave: true })],
])('%s', (_, message) => {
  const { node } = newGroup({ voters: 3 }).member(1);
  const before = node.status();
  expect(node.step(message)).toMatchObject({ ok: false, code: 'malformed' });
  expect(node.status()).toEqual(before);
  expect(node.hasReady()).toBe(false);
});
