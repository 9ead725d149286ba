// SPDX-License-Identifier: Apache-2.0
// What members say to each other beside Raft, over one channel of the transport. Who says it is
// certain, what it says may be a lie: signatures are checked by whoever uses it. Names of kinds and
// numbers of keys are the protocol: append only.

import { decode, encode } from '../base/cbor.ts';
import { type Result, refuse } from '../base/errors.ts';
import {
  bytes,
  bytesUpTo,
  type Content,
  choice,
  code,
  type Field,
  int,
  listOf,
  nullable,
  readWith,
  text,
  uint,
} from '../base/fields.ts';
import { nameField } from '../base/label.ts';
import { limits } from '../base/limits.ts';
import { byKind, record, row } from '../base/records.ts';
import { blockEntryField } from './chain/block.ts';
import { addressField } from './chain/member.ts';
import type { Lane } from './transport/lane.ts';
import type { ChannelMessage } from './transport/transport.ts';

const number = uint(limits.raftNumberMax);
/** Nobody signs a chain without its block 0. */
const treeSize = int(1, limits.raftNumberMax);

/** A checkpoint as one member has signed it: `signature` is that of its co-signature line. */
const signedSize = {
  size: [1, treeSize],
  root: [2, bytes(32)],
  signature: [3, bytes(72)],
} as const;

const messageField = byKind(0, {
  /** Entries for the leader, the oldest first; `number` comes back in the answer. */
  submit: record({
    kind: [0, choice('submit')],
    number: [1, number],
    entries: [2, listOf(blockEntryField, limits.submitEntriesMax)],
  }),
  /** So many of the oldest of them wait for a block now, and why no more do. */
  taken: record({
    kind: [0, choice('taken')],
    number: [1, number],
    count: [2, uint(limits.submitEntriesMax)],
    reason: [3, nullable(text(32))],
  }),
  /** Where a member stands: its newest durable header; or, as an answer, its header there. */
  standing: record({
    kind: [0, choice('standing')],
    height: [1, number],
    headerHash: [2, bytes(32)],
    clock: [3, code('synchronised', 'free-running', 'unset')],
    isAnswer: [4, choice(true, false)],
  }),
  /** Members that the sender is connected to. */
  reached: record({
    kind: [0, choice('reached')],
    ids: [1, listOf(uint(limits.membersEverMax), limits.membersMax)],
  }),
  /** Asks for the same; what the other has not applied yet it answers when it has. */
  cosign: record({ kind: [0, choice('cosign')], ...signedSize }),
  cosigned: record({ kind: [0, choice('cosigned')], ...signedSize }),
  /** What do you know of me? Asked at a start, before the first promise. */
  recall: record({ kind: [0, choice('recall')] }),
  /** The asker's newest co-signature, term, batch, and entry acknowledged in `matchTerm`. */
  recalled: record({
    kind: [0, choice('recalled')],
    cosignedSize: [1, number],
    term: [2, number],
    sequence: [3, number],
    match: [4, number],
    matchTerm: [5, number],
  }),
  /** The leader of that term should hand over. */
  yield: record({
    kind: [0, choice('yield')],
    term: [1, number],
    reason: [2, code('bad-block', 'left-out')],
  }),
  /** Entries of the sender's own that the leader does not take, the oldest first. */
  carry: record({
    kind: [0, choice('carry')],
    entries: [1, listOf(blockEntryField, limits.submitEntriesMax)],
  }),
  /** Asked by one that knows members, and not whether it is one itself. */
  introduce: record({ kind: [0, choice('introduce')] }),
  /** All members, the asker among them. */
  introduced: record({
    kind: [0, choice('introduced')],
    members: [
      1,
      listOf(
        row({
          id: uint(limits.membersEverMax),
          publicKey: bytes(32),
          role: code('voter', 'follower'),
          name: nameField,
          address: nullable(addressField),
        }),
        limits.membersMax,
      ),
    ],
  }),
  /** Two roots at one size, signed by one member: `signature` is that of the line. */
  evidence: record({
    kind: [0, choice('evidence')],
    member: [1, bytes(8)],
    size: [2, treeSize],
    rootOne: [3, bytes(32)],
    signatureOne: [4, bytes(72)],
    rootOther: [5, bytes(32)],
    signatureOther: [6, bytes(72)],
  }),
  /** A snapshot that Raft has said is there, from a place on; `height` names it. */
  'snapshot-wanted': record({
    kind: [0, choice('snapshot-wanted')],
    height: [1, number],
    offset: [2, uint(limits.snapshotBytesMax)],
  }),
  'snapshot-piece': record({
    kind: [0, choice('snapshot-piece')],
    height: [1, number],
    offset: [2, uint(limits.snapshotBytesMax)],
    bytes: [3, bytesUpTo(limits.snapshotChunkBytes)],
  }),
  /** An entry of the log that is damaged at the asker's. */
  'body-wanted': record({ kind: [0, choice('body-wanted')], index: [1, number] }),
  /** As it is on the answerer's disk; null where it is not, or is damaged there, too. */
  body: record({
    kind: [0, choice('body')],
    index: [1, number],
    entry: [
      2,
      nullable(
        row({
          term: number,
          kind: code('normal', 'config'),
          data: bytesUpTo(limits.blockBytesMax),
        }),
      ),
    ],
  }),
});

export type MemberMessage = Content<typeof messageField>;
export type MessageOf<Kind extends MemberMessage['kind']> = Extract<
  MemberMessage,
  { readonly kind: Kind }
>;

/** The channel of the transport that these go over. */
export const memberChannel = 1;

export function toChannel(message: MemberMessage): ChannelMessage {
  const lane = laneOf(message.kind);
  const body = encode(messageField.write(message));
  return { kind: 'channel', channel: memberChannel, lane, body };
}

function laneOf(kind: MemberMessage['kind']): Lane {
  switch (kind) {
    case 'submit':
    case 'carry':
      return 'log';
    case 'body':
    case 'snapshot-piece':
      return 'bulk';
    default:
      return 'control';
  }
}

/** attacker-controlled */
export function ofChannel({
  channel,
  body,
}: ChannelMessage): Result<MemberMessage, 'channel' | 'cbor' | 'form'> {
  if (channel !== memberChannel) return refuse('channel', `nobody listens on channel ${channel}`);
  // The body is this message's alone, and goes with its parts.
  const decoded = decode(body, undefined, true);
  if (!decoded.ok) return refuse('cbor', decoded.detail);
  const field: Field<MemberMessage> = messageField;
  return readWith(field, decoded.value, 'message');
}
