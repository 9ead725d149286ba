// SPDX-License-Identifier: Apache-2.0
// Any message that members may send one another, for properties.

import fc from 'fast-check';
import { limits } from '../../../base/limits.ts';
import type { PeerMessage } from '../../../sidechain/raft/message.ts';
import { lanes } from '../../../sidechain/transport/lane.ts';
import type { WireMessage } from '../../../sidechain/transport/transport.ts';

/** Small ones, and those about the edges of 32 and 48 bits, where encodings change. */
export const number = fc.oneof(
  fc.nat(40),
  fc.integer({ min: 2 ** 32 - 2, max: 2 ** 32 + 2 }),
  fc.integer({ min: limits.raftNumberMax - 2, max: limits.raftNumberMax }),
);
const id = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constant(limits.raftNumberMax));
const data = fc.uint8Array({ maxLength: 40 });
const position = fc.record({ term: number, index: number });
const kind = fc.constantFrom('normal' as const, 'config' as const);
const ids = fc.uniqueArray(id, { maxLength: limits.membersMax });

const envelope = { from: id, to: id, term: number };
const vote = { ...envelope, last: position, transfer: fc.boolean() };
const voteResponse = { ...envelope, granted: fc.boolean(), commit: position };

function is<const Kind extends string>(name: Kind): fc.Arbitrary<Kind> {
  return fc.constant(name);
}

const append = fc
  .record({
    kind: is('append'),
    ...envelope,
    previous: position,
    entries: fc.array(fc.record({ kind, term: number, data }), { maxLength: 5 }),
    commit: number,
    session: number,
  })
  .map((message) => ({
    ...message,
    entries: message.entries.map((entry, i) => ({
      ...entry,
      index: message.previous.index + 1 + i,
    })),
  }));

export const raftMessage: fc.Arbitrary<PeerMessage> = fc.oneof(
  append,
  fc.record({
    kind: is('append-response'),
    ...envelope,
    index: number,
    session: number,
    rejection: fc.option(fc.record({ hint: position }), { nil: undefined }),
  }),
  fc.record({ kind: is('vote'), ...vote }),
  fc.record({ kind: is('pre-vote'), ...vote }),
  fc.record({ kind: is('vote-response'), ...voteResponse }),
  fc.record({ kind: is('pre-vote-response'), ...voteResponse }),
  fc.record({ kind: is('heartbeat'), ...envelope, commit: number, readRound: number }),
  fc.record({ kind: is('heartbeat-response'), ...envelope, readRound: number }),
  fc.record({
    kind: is('snapshot'),
    ...envelope,
    snapshot: fc.record({
      index: number,
      term: number,
      configuration: fc.record({
        voters: ids,
        votersOutgoing: ids,
        learners: ids,
        learnersNext: ids,
        autoLeave: fc.boolean(),
      }),
      data,
    }),
    session: number,
  }),
  fc.record({
    kind: is('propose'),
    ...envelope,
    proposals: fc.array(fc.record({ kind, data }), { maxLength: 5 }),
  }),
  fc.record({ kind: is('transfer-leader'), ...envelope, transferee: id }),
  fc.record({ kind: is('timeout-now'), ...envelope }),
  fc.record({ kind: is('read-index'), ...envelope, context: data }),
  fc.record({ kind: is('read-index-response'), ...envelope, index: number, context: data }),
);

export const wireMessage: fc.Arbitrary<WireMessage> = fc.oneof(
  { weight: 9, arbitrary: raftMessage },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: is('channel'),
      channel: fc.nat(255),
      lane: fc.constantFrom(...lanes),
      body: data,
    }),
  },
);
