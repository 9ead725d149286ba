// SPDX-License-Identifier: Apache-2.0
// What runs on a simulated machine: one life of a member, from a start to a crash. The world does not look
// further than this, so that another member can be put in the place of the one here.

import type { ConfigurationChange } from '../../../sidechain/raft/configuration/change.ts';
import type { NodeId } from '../../../sidechain/raft/entry.ts';
import type { PeerMessage } from '../../../sidechain/raft/message.ts';
import type { Status } from '../../../sidechain/raft/status.ts';
import type { Tell } from '../happening.ts';
import type { WriteOutcome } from '../world/disk.ts';
import type { DurableImage, Transaction } from './durable-image.ts';
import type { Ledger, Operation } from './ledger.ts';

export type Process = {
  /** A tick has passed, as far as the machine's clock knows. */
  readonly tick: () => void;
  readonly receive: (message: PeerMessage) => void;
  /** `Happening` `settled` tells when it is done; it may be lost as well. */
  readonly submit: (operation: Operation, paddingLength: number) => void;
  /** Answered by `Happening` `read-confirmed`, or never. */
  readonly read: (read: number) => void;
  /** @returns whether it was taken, which promises nothing. */
  readonly change: (change: ConfigurationChange) => boolean;
  readonly transfer: (to: NodeId) => void;
  readonly reportUnreachable: (id: NodeId) => void;
  readonly reportSnapshot: (id: NodeId, outcome: 'delivered' | 'failed') => void;
  readonly forgetLeader: () => void;
  readonly status: () => Status;
  readonly ledger: () => Ledger;
};

export type ProcessPorts = {
  readonly id: NodeId;
  /** What the start found on the disk. */
  readonly image: DurableImage;
  readonly random: () => number;
  /** Runs that later, if the process still does. */
  readonly after: (delayMs: number, run: () => void) => void;
  readonly write: (
    transaction: Transaction,
    done: (outcome: WriteOutcome) => void,
    isSynced?: boolean,
  ) => void;
  readonly send: (message: PeerMessage) => void;
  readonly tell: Tell;
  /** Ends the process, there and then. */
  readonly end: (why: string) => void;
};

export type StartProcess = (ports: ProcessPorts) => Process;
