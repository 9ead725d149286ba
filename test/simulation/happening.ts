// SPDX-License-Identifier: Apache-2.0
// What can be seen of a member from outside, while it works. The invariants judge by this alone,
// and a trace is the list of it. Of a gateway less can be seen than of a bare core: what is on its
// card, what it says, and what it tells whoever runs it.

import type { Configuration } from '../../sidechain/raft/configuration/configuration.ts';
import type { Entry, NodeId } from '../../sidechain/raft/entry.ts';
import type { PeerMessage } from '../../sidechain/raft/message.ts';
import type { Ready } from '../../sidechain/raft/ready.ts';
import type { Status } from '../../sidechain/raft/status.ts';
import type { DurableImage, LogImage, Transaction } from './member/durable-image.ts';
import type { Ledger, Operation, Step } from './member/ledger.ts';

/** What a gateway tells of a block that it holds to be applied and durable. */
export type ToldBlock = {
  readonly height: number;
  /** Over the header. */
  readonly hash: number;
  /** Ids in hex. */
  readonly accepted: readonly string[];
};

export type Happening =
  | { readonly kind: 'started'; readonly member: NodeId; readonly image: DurableImage }
  | { readonly kind: 'ended'; readonly member: NodeId; readonly why: string }
  /** Its card is empty now, and it comes back under the same id. */
  | { readonly kind: 'emptied'; readonly member: NodeId }
  /** Its card holds what it held some time ago, or what a new one does. */
  | { readonly kind: 'taken-back'; readonly member: NodeId }
  /** On the disk for good. */
  | { readonly kind: 'durable'; readonly member: NodeId; readonly transaction: Transaction }
  /** The core handed out work. `log`: with the entries of it. */
  | {
      readonly kind: 'took';
      readonly member: NodeId;
      readonly ready: Ready;
      readonly status: Status;
      readonly log: LogImage;
    }
  /** Out of the member's hands. */
  | { readonly kind: 'said'; readonly member: NodeId; readonly message: PeerMessage }
  | {
      readonly kind: 'applied';
      readonly member: NodeId;
      readonly entry: Entry;
      readonly before: Ledger;
      readonly step: Step;
    }
  | {
      readonly kind: 'configured';
      readonly member: NodeId;
      readonly configuration: Configuration;
    }
  /** Told its own submitter that it is applied and durable. */
  | { readonly kind: 'settled'; readonly member: NodeId; readonly operation: Operation }
  | { readonly kind: 'read-asked'; readonly member: NodeId; readonly read: number }
  | {
      /** The state as of that index, or later, answers it. */
      readonly kind: 'read-confirmed';
      readonly member: NodeId;
      readonly read: number;
      readonly index: number;
    }
  /** A gateway hears what another remembers of it. */
  | { readonly kind: 'answered'; readonly member: NodeId; readonly by: NodeId }
  /** The first word of a gateway as the leader of that term. */
  | { readonly kind: 'leads'; readonly member: NodeId; readonly term: number }
  /** What a gateway has signed is on its card: so many blocks. */
  | { readonly kind: 'signed'; readonly member: NodeId; readonly size: number }
  /** A gateway says what it has signed: so many blocks, under this root, in hex. */
  | {
      readonly kind: 'cosigned';
      readonly member: NodeId;
      readonly size: number;
      readonly root: string;
    }
  | { readonly kind: 'told'; readonly member: NodeId; readonly block: ToldBlock }
  /** Entries of a gateway, by ids in hex: on its card, and told to be in a block. */
  | { readonly kind: 'kept'; readonly member: NodeId; readonly entry: string }
  | {
      readonly kind: 'acknowledged';
      readonly member: NodeId;
      readonly entry: string;
      readonly verdict: string;
      readonly height: number;
    }
  /** Something else between gateways, or that one says of itself. */
  | { readonly kind: 'noted'; readonly member: NodeId; readonly words: string };

export type Tell = (happening: Happening) => void;
