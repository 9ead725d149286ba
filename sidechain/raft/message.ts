// SPDX-License-Identifier: Apache-2.0
// What members say to each other, and what the local storage says back. `term` is the sender's, but
// 0 for what is passed on to the leader of whatever term (`propose`, `read-index`). Whoever
// receives a message from a network checks its form and that `from` is the peer it came from; the
// core judges the rest.

import type { Entry, NodeId, Position, Proposal } from './entry.ts';
import type { Snapshot } from './storage.ts';

type Envelope = { readonly from: NodeId; readonly to: NodeId; readonly term: number };

/** Entries after `previous`, none to tell only the commit index or to probe. */
export type Append = Envelope & {
  readonly kind: 'append';
  readonly previous: Position;
  readonly entries: readonly Entry[];
  readonly commit: number;
  /** Of the leader's progress for this member; comes back in the response. */
  readonly session: number;
};

/** `index`: up to where the log now agrees and is durable; if rejected, the `previous.index` that
 * did not fit. */
export type AppendResponse = Envelope & {
  readonly kind: 'append-response';
  readonly index: number;
  readonly session: number;
  /** Where the two logs may agree at the latest; term 0 = not known. */
  readonly rejection: { readonly hint: Position } | undefined;
};

/** Asks for a vote. A pre-vote asks whether a vote would be given, for a term that has not
 * begun. */
export type Vote = Envelope & {
  readonly kind: 'vote' | 'pre-vote';
  readonly last: Position;
  /** The leader itself asked for this election: its lease does not stand against it. */
  readonly transfer: boolean;
};

/** The term is the one asked about if granted, the sender's if not. */
export type VoteResponse = Envelope & {
  readonly kind: 'vote-response' | 'pre-vote-response';
  readonly granted: boolean;
  /** What the sender knows to be committed: true in any term. */
  readonly commit: Position;
};

/** `readRound` > 0: the answer also confirms the leadership for all reads up to this round. */
export type Heartbeat = Envelope & {
  readonly kind: 'heartbeat';
  readonly commit: number;
  readonly readRound: number;
};

export type HeartbeatResponse = Envelope & {
  readonly kind: 'heartbeat-response';
  readonly readRound: number;
};

/** The entries a follower needs are compacted: it gets the state instead. */
export type InstallSnapshot = Envelope & {
  readonly kind: 'snapshot';
  readonly snapshot: Snapshot;
  readonly session: number;
};

/** Passed on to the leader. */
export type Propose = Envelope & {
  readonly kind: 'propose';
  readonly proposals: readonly Proposal[];
};

/** Passed on to the leader. */
export type TransferLeader = Envelope & {
  readonly kind: 'transfer-leader';
  readonly transferee: NodeId;
};

/** From the leader to whom it hands over: campaign now. */
export type TimeoutNow = Envelope & { readonly kind: 'timeout-now' };

/** Passed on to the leader; `context` comes back with the index. */
export type ReadIndex = Envelope & { readonly kind: 'read-index'; readonly context: Uint8Array };

export type ReadIndexResponse = Envelope & {
  readonly kind: 'read-index-response';
  readonly index: number;
  readonly context: Uint8Array;
};

/** The storage has made durable all up to `last`, and the snapshot. */
export type StorageAppendResponse = Envelope & {
  readonly kind: 'storage-append-response';
  readonly last: Position | undefined;
  readonly snapshot: Snapshot | undefined;
};

/** These committed entries are applied. */
export type StorageApplyResponse = Envelope & {
  readonly kind: 'storage-apply-response';
  readonly entries: readonly Entry[];
};

/** What goes over the network. */
export type PeerMessage =
  | Append
  | AppendResponse
  | Vote
  | VoteResponse
  | Heartbeat
  | HeartbeatResponse
  | InstallSnapshot
  | Propose
  | TransferLeader
  | TimeoutNow
  | ReadIndex
  | ReadIndexResponse;

/** What never leaves the member. */
export type LocalMessage = StorageAppendResponse | StorageApplyResponse;

export type Message = PeerMessage | LocalMessage;

/** An answer by which the sender is bound (a vote, an acknowledgement): sent once what it says is
 * durable. */
export type BindingResponse = AppendResponse | VoteResponse;

export function isBinding(message: Message): message is BindingResponse {
  return (
    message.kind === 'append-response' ||
    message.kind === 'vote-response' ||
    message.kind === 'pre-vote-response'
  );
}

/** Only a member's answer is of use; a request may come from one that is not yet known to be a
 * member. */
export function isResponse(message: Message): boolean {
  return (
    isBinding(message) ||
    message.kind === 'heartbeat-response' ||
    message.kind === 'read-index-response'
  );
}
