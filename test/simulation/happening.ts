// SPDX-License-Identifier: Apache-2.0
// What can be seen of a member from outside, while it works. The invariants judge by this alone,
// and a trace is the list of it.

import type { Configuration } from '../../sidechain/raft/configuration/configuration.ts';
import type { Entry, NodeId } from '../../sidechain/raft/entry.ts';
import type { PeerMessage } from '../../sidechain/raft/message.ts';
import type { Ready } from '../../sidechain/raft/ready.ts';
import type { Status } from '../../sidechain/raft/status.ts';
import type { DurableImage, LogImage, Transaction } from './member/durable-image.ts';
import type { Ledger, Operation, Step } from './member/ledger.ts';

export type Happening =
  | { readonly kind: 'started'; readonly member: NodeId; readonly image: DurableImage }
  | { readonly kind: 'ended'; readonly member: NodeId; readonly why: string }
  /** Its card is empty now, and it comes back under the same id. */
  | { readonly kind: 'emptied'; readonly member: NodeId }
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
    };

export type Tell = (happening: Happening) => void;
