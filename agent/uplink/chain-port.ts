// SPDX-License-Identifier: Apache-2.0
// What the uplink needs of the sidechain it speaks for.

import type { Signatories } from '../../sidechain/chain/anchor.ts';
import type { MainLog } from '../../sidechain/chain/main-log.ts';
import type { ReceiptState } from '../../sidechain/chain/registry.ts';
import type { KeyPeriods } from '../../sidechain/chain/retired-key.ts';
import type { MainHead } from '../../sidechain/chain/trust.ts';
import type { AreEnough } from '../../sidechain/cosigning.ts';

/** A checkpoint with co-signatures, this gateway's among them. */
export type Cosigned = {
  readonly size: number;
  readonly root: Uint8Array;
  /** Checkpoint, the log's line by this gateway and the co-signatures, as a signed note. */
  readonly note: string;
};

export type SentOutput = {
  readonly height: number;
  readonly position: number;
  readonly salt: Uint8Array;
  readonly bytes: Uint8Array;
};

export type ChainPort = {
  readonly chainId: Uint8Array;
  /** Blocks that are applied and durable. */
  readonly size: () => number;
  readonly mainLog: () => MainLog;
  /** The newest main log that the chain knows; what comes of it must extend that. */
  readonly mainHead: () => MainHead | undefined;
  /** Which keys of the main log count for which of its sizes. */
  readonly keyPeriods: () => KeyPeriods;
  readonly signatories: () => Signatories;
  readonly receipt: () => ReceiptState | undefined;
  /** Key id of the leader, undefined where none is known. */
  readonly leader: () => Uint8Array | undefined;
  /** From the newest block with a receipt (before the first: from block 0) to the newest block. */
  readonly silentMs: () => Promise<number>;
  /** The newest checkpoint signed before, undefined when none ever was. */
  readonly cosigned: () => Promise<Cosigned | undefined>;
  /**
   * What is applied and durable here, co-signed as the policy asks, and by more where `areEnough`
   * asks for more.
   * @throws TielineError, transient, while not enough members can be asked.
   */
  readonly checkpoint: (areEnough?: AreEnough) => Promise<Cosigned>;
  /**
   * Signs the checkpoint of block 0 alone: always the same, so that asking twice says nothing new.
   */
  readonly cosignGenesis: () => Promise<Cosigned>;
  /** Root over the first `size` blocks. */
  readonly rootAt: (size: number) => Promise<Uint8Array>;
  readonly inclusion: (of: {
    readonly height: number;
    readonly size: number;
  }) => Promise<readonly Uint8Array[]>;
  readonly consistency: (of: {
    readonly from: number;
    readonly to: number;
  }) => Promise<readonly Uint8Array[]>;
  readonly headerBytes: (height: number) => Promise<Uint8Array>;
  /** All outputs of a block, in order. */
  readonly outputs: (height: number) => Promise<readonly SentOutput[]>;
  /**
   * Heights from `from` up to, not with, `to` that have an output for the centre; at most
   * `countMax`.
   */
  readonly summaryHeights: (range: {
    readonly from: number;
    readonly to: number;
    readonly countMax: number;
  }) => Promise<readonly number[]>;
  /**
   * Puts a receipt message on the sidechain; resolves when it is applied. False: another member
   * has brought a receipt meanwhile, and the chain does not need, or not take, this one.
   * @throws TielineError `outbox-full` and, where it is not taken, `receipt-refused`, both transient.
   */
  readonly commitReceipt: (message: Uint8Array) => Promise<boolean>;
};
