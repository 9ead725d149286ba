// SPDX-License-Identifier: Apache-2.0
// What a member is made of, as the program around it gives it.

import { limits } from '../base/limits.ts';
import type { Signer, Suite } from '../base/suite.ts';
import type { Clock } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import type { Database } from '../host/sqlite.ts';
import type { ArchiveRules } from './archivist.ts';
import type { Contract } from './chain/ledger.ts';
import type { CuttingRules } from './chain/pool.ts';
import type { Registry } from './chain/registry.ts';
import type { AddressOf } from './links.ts';
import type { Introduction } from './members.ts';
import type { Every } from './store/durable-write.ts';
import type { Committed } from './store/submissions.ts';
import type { Receiver, Transport } from './transport/transport.ts';

export type NodeRules = CuttingRules & {
  /** A chain with nothing to say makes a block this often. */
  readonly heartbeatMs: number;
  /** So long an applied block may wait for another write to be stored with; by default the next one is made for it. */
  readonly holdMs?: number;
};

export type NodeOptions = {
  /** chain.db, opened for this node alone; the node closes it. */
  readonly database: Database;
  readonly suite: Suite;
  readonly signer: Signer;
  /** As at the chain's making: another list makes other blocks. */
  readonly contracts: readonly Contract[];
  readonly clock: Clock;
  readonly log: Log;
  /** Unpredictable bytes: secrets of blocks, and when to campaign. */
  readonly random: (length: number) => Uint8Array;
  readonly every: Every;
  readonly rules?: NodeRules;
  /**
   * Told of each entry submitted here as soon as it is committed, which is before `submit` is settled:
   * that waits for its block to be stored as well.
   */
  readonly onCommitted?: ((committed: Committed) => void) | undefined;
  readonly outboxBytesMax?: number;
  /** False while the disk is all but full: then this member promises nothing, and takes nothing in. */
  readonly hasRoom?: () => boolean;
  /**
   * Opens the way to the other members, for a chain that has or may get any; the node tells it who
   * they are, and closes it.
   */
  readonly transport?: (receiver: Receiver, registry: Registry) => Promise<Transport>;
  /** Where members are reached; without it they have to call us. */
  readonly addressOf?: AddressOf;
  /** Waits until a member introduces this gateway, where its copy of the chain does not reach to its grant. */
  readonly introduction?: (registry: Registry) => Promise<Introduction>;
  /** When old blocks go into segments, and where to; without it none ever do. */
  readonly archive?: ArchiveRules;
};

/** One entry waits a second for company, which on a card is a second's readings in one write. */
export const defaultRules: NodeRules = Object.freeze({
  itemsMax: limits.blockEntriesMax,
  ageMs: 1_000,
  heartbeatMs: 60_000,
});
