// SPDX-License-Identifier: Apache-2.0
// What members say to each other, as frames. Each kind is one row of fields, which writes ours and
// reads theirs: types, ranges, lengths. A member may lie, and all that gets through here is what it
// says; `from` it does not even say, the connection does. Places in the lists and numbers of kinds
// are the protocol: append only.

import { assert } from '../../base/assert.ts';
import type { CborValue } from '../../base/cbor.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import {
  bytes,
  bytesUpTo,
  type Content,
  choice,
  code,
  type Field,
  type FormResult,
  int,
  listOf,
  mapped,
  nullable,
  readWith,
  uint,
} from '../../base/fields.ts';
import { limits } from '../../base/limits.ts';
import { row } from '../../base/records.ts';
import type { NodeId } from '../raft/entry.ts';
import type { PeerMessage } from '../raft/message.ts';
import { encodeFrame, type Frame } from './frame.ts';
import { frameBytesMax, type Lane, laneOf, lanes } from './lane.ts';
import { decodePlain, encodePlain } from './plain-cbor.ts';
import type { ChannelMessage, WireMessage } from './transport.ts';

const number = uint(limits.raftNumberMax);
const nodeId = int(1, limits.raftNumberMax);
const flag = choice(true, false);
const entryKind = code('normal', 'config');
const data = bytesUpTo(limits.transportFrameBytesMax);
const context = bytesUpTo(limits.transportContextBytesMax);
const position = row({ term: number, index: number });
const proposal = row({ kind: entryKind, data });
const ids = listOf(nodeId, limits.membersMax);
const envelope = { to: nodeId, term: number };

/** A message but for what is said elsewhere: its kind by the frame, its sender by the connection. */
type Body<Kind> = Omit<PeerMessage & { readonly kind: Kind }, 'kind' | 'from'>;

/** The indexes are not sent: entries have no gaps. */
const append = mapped(
  row({
    ...envelope,
    previous: position,
    entries: listOf(row({ kind: entryKind, term: number, data }), limits.transportEntriesMax),
    commit: number,
    session: number,
  }),
  {
    read: (wire) => {
      const first = wire.previous.index + 1;
      const entries = wire.entries.map((entry, i) => ({ ...entry, index: first + i }));
      return accept<Body<'append'>>({ ...wire, entries });
    },
    write: (body) => body,
  },
);

const rejection = mapped(nullable(position), {
  read: (hint) => accept(hint === null ? undefined : { hint }),
  write: (value: { readonly hint: Content<typeof position> } | undefined) => value?.hint ?? null,
});

const configuration = row({
  voters: ids,
  votersOutgoing: ids,
  learners: ids,
  learnersNext: ids,
  autoLeave: flag,
});

const vote = row({ ...envelope, last: position, transfer: flag });
const voteResponse = row({ ...envelope, granted: flag, commit: position });

const raftFields: { readonly [Kind in PeerMessage['kind']]: Field<Body<Kind>> } = {
  append,
  'append-response': row({ ...envelope, index: number, session: number, rejection }),
  vote,
  'pre-vote': vote,
  'vote-response': voteResponse,
  'pre-vote-response': voteResponse,
  heartbeat: row({ ...envelope, commit: number, readRound: number }),
  'heartbeat-response': row({ ...envelope, readRound: number }),
  snapshot: row({
    ...envelope,
    snapshot: row({ index: number, term: number, configuration, data }),
    session: number,
  }),
  propose: row({ ...envelope, proposals: listOf(proposal, limits.transportEntriesMax) }),
  'transfer-leader': row({ ...envelope, transferee: nodeId }),
  'timeout-now': row(envelope),
  'read-index': row({ ...envelope, context }),
  'read-index-response': row({ ...envelope, index: number, context }),
};

const channel = row({ channel: uint(255), body: data });

/** The first word on a connection, from the caller, and the same from the called if it agrees. */
const hello = row({ chainId: bytes(32), lane: code(...lanes), session: uint() });
export type Hello = Content<typeof hello>;

export const frameTypes = [
  'hello',
  'ping',
  'channel',
  'append',
  'append-response',
  'vote',
  'pre-vote',
  'vote-response',
  'pre-vote-response',
  'heartbeat',
  'heartbeat-response',
  'snapshot',
  'propose',
  'transfer-leader',
  'timeout-now',
  'read-index',
  'read-index-response',
] as const;

type FrameType = (typeof frameTypes)[number];

function frameOf(type: FrameType, value: CborValue): Uint8Array {
  return encodeFrame({ type: frameTypes.indexOf(type), payload: encodePlain(value) });
}

/** Says only that we are still there. */
export const pingFrame = encodeFrame({
  type: frameTypes.indexOf('ping'),
  payload: new Uint8Array(),
});

export function isPing({ type, payload }: Frame): boolean {
  return frameTypes[type] === 'ping' && payload.length === 0;
}

export function encodeHello(value: Hello): Uint8Array {
  return frameOf('hello', hello.write(value));
}

export function decodeHello(frame: Frame): Result<Hello, 'type' | 'cbor' | 'form'> {
  if (frameTypes[frame.type] !== 'hello') return refuse('type', `frame ${frame.type} before hello`);
  return decodeWith(hello, frame.payload, 'hello');
}

/** @throws InvariantError for what is too long for its lane. */
export function encodeMessage(message: WireMessage): Uint8Array {
  const { kind } = message;
  const frame = frameOf(kind, fieldOf(kind).write(message as never));
  assert(frame.length <= frameBytesMax(laneOf(message)), `a ${kind} fits into a frame`);
  return frame;
}

export type MessageRefusal = 'type' | 'cbor' | 'form' | 'lane';

/** attacker-controlled. `from` and `lane` are those of the connection. */
export function decodeMessage(
  frame: Frame,
  { from, lane }: { readonly from: NodeId; readonly lane: Lane },
): Result<WireMessage, MessageRefusal> {
  const kind = frameTypes[frame.type];
  if (kind === undefined || kind === 'hello' || kind === 'ping') {
    return refuse('type', `frame ${frame.type} where a message is expected`);
  }
  const body = decodeWith(fieldOf(kind), frame.payload, kind);
  if (!body.ok) return body;
  const message: WireMessage =
    kind === 'channel'
      ? { ...(body.value as Omit<ChannelMessage, 'kind' | 'lane'>), kind, lane }
      : ({ ...(body.value as object), kind, from } as PeerMessage);
  return laneOf(message) === lane ? accept(message) : refuse('lane', `a ${kind} on lane ${lane}`);
}

/** A field of which only the table knows the type. */
type SomeField = {
  readonly read: (value: CborValue, path: string) => FormResult<unknown>;
  readonly write: (value: never) => CborValue;
};

function fieldOf(kind: WireMessage['kind']): SomeField {
  return kind === 'channel' ? channel : raftFields[kind];
}

function decodeWith<T>(
  field: { readonly read: (value: CborValue, path: string) => FormResult<T> },
  payload: Uint8Array,
  name: string,
): Result<T, 'cbor' | 'form'> {
  const decoded = decodePlain(payload);
  return decoded.ok ? readWith(field, decoded.value, name) : decoded;
}
