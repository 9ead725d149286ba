// SPDX-License-Identifier: Apache-2.0
// What a member asks of the network, be it real (open-transport.ts) or simulated. Messages may be lost,
// doubled and, across lanes or after a reconnect, reordered: each says for itself which term, session and
// index it is about. Invariant: whom a message comes from is never in doubt.

import type { NodeId } from '../raft/entry.ts';
import type { PeerMessage } from '../raft/message.ts';
import type { Lane } from './lane.ts';

export type Address = { readonly host: string; readonly port: number };

export type Member = {
  readonly id: NodeId;
  /** Ed25519, 32 bytes. The same key never stands for two ids. */
  readonly publicKey: Uint8Array;
  /** Where it listens, a port from 1 to 65,535; undefined for one that can only call us. */
  readonly address: Address | undefined;
};

/** Of the members' nodes rather than of Raft: what `body` means is known to whoever gave out the channel. */
export type ChannelMessage = {
  readonly kind: 'channel';
  /** 0 to 255. */
  readonly channel: number;
  readonly lane: Lane;
  /** Up to `bodyBytesMax(lane)`: 64 kB on `control`, 5 MB on the others. */
  readonly body: Uint8Array;
};

export type WireMessage = PeerMessage | ChannelMessage;

export type Receiver = {
  /** Types and ranges are checked, `from` is certain; the rest may be a lie. While a promise is not
   * resolved, nothing more is read of this lane of this member, which then feels it. It must not reject. */
  readonly message: (from: NodeId, message: WireMessage) => void | Promise<void>;
  /** Something sent to this member was lost, or may have been. Told at most once a tick, never from
   * `send`. */
  readonly unreachable: (id: NodeId) => void;
};

export type Transport = {
  /** Whom to talk to, from now on and with nobody else: a member that is missing here is cut off at once.
   * Our own entry may be among them, and says which id we have; without it we get and send no messages
   * of Raft. */
  readonly setMembers: (members: readonly Member[]) => void;
  /** Never waits. @returns false if the message is lost for sure: the member is unknown or not connected,
   * or its queue is full. True promises nothing. */
  readonly send: (to: NodeId, message: WireMessage) => boolean;
  readonly status: () => TransportStatus;
  /** What waits is lost. */
  readonly close: () => Promise<void>;
};

export type TransportStatus = {
  /** Where we listen. */
  readonly address: Address;
  readonly peers: readonly PeerStatus[];
  /** Connections ended because who was there is no member, by reason. */
  readonly strangers: Readonly<Record<string, number>>;
};

export type PeerStatus = {
  readonly id: NodeId;
  readonly isConnected: boolean;
  /** Who called; undefined while not connected. */
  readonly calledBy: 'us' | 'peer' | undefined;
  /** Connections made so far. */
  readonly connects: number;
  readonly sent: number;
  readonly received: number;
  /** Messages that we did not get rid of, by lane. */
  readonly dropped: Readonly<Record<Lane, number>>;
  /** What this member did wrong, by reason. Each ended the connection, but for `not-for-us`. */
  readonly refused: Readonly<Record<string, number>>;
};
