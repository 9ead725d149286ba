// SPDX-License-Identifier: Apache-2.0
// Ordering: puts transactions into one order, applies them to the main ledger, makes the outcome
// durable and vouches for the log. This is all that the rest of the centre knows of how many
// organisations keep it.

import type { Signer, Suite } from '../../base/suite.ts';
import type { Clock } from '../../host/clock.ts';
import type { Log } from '../../host/log.ts';
import type { MainLog } from '../../sidechain/chain/main-log.ts';
import type { ReceiptMessage } from '../../sidechain/chain/receipt-message.ts';
import type { KeyPeriods } from '../../sidechain/chain/retired-key.ts';
import type { TrustMessage } from '../../sidechain/chain/trust.ts';
import type { ChainRecord } from '../ledger/chain-record.ts';
import type { Governance } from '../ledger/judge-governance.ts';
import type { VerifyAll } from '../ledger/signed-ahead.ts';
import type { Outcomes, Transaction } from '../ledger/transaction.ts';
import type { Keyring } from '../log-keyring.ts';
import type { LedgerStore } from '../store/ledger-store.ts';

/** What any ordering works with. */
export type OrderingParts = {
  readonly suite: Suite;
  readonly store: LedgerStore;
  /** A key of the main log. */
  readonly signer: Signer;
  /** By which `signer` becomes the next key when the keys change hands; without it they do not. */
  readonly keyring?: Keyring | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** Verifies the signatures of anchors, in threads; without it they are verified one by one. */
  readonly verifyAll?: VerifyAll | undefined;
  /** Called once where going on could lose or double something: the process must end. */
  readonly onFailure: (error: unknown) => void;
};

/** How it stands, for those who operate it. */
export type OrderingStatus =
  | { readonly kind: 'embedded'; readonly state: 'ok' }
  | {
      readonly kind: 'consortium';
      /**
       * `behind`: it fetches what the others have, and takes nothing. `stalled`: too few
       * organisations take part; nothing is lost, and nothing goes on.
       */
      readonly state: 'ok' | 'behind' | 'stalled';
      /** Blocks. */
      readonly height: number;
      /** Who proposed the newest; and in which round the one before was decided. Null: not seen yet. */
      readonly proposer: string | null;
      readonly round: number | null;
      /** What all must agree on after that block, in hex. */
      readonly appHash: string;
      /** Leaves of the log, and of those how many enough organisations have vouched for. */
      readonly size: number;
      readonly vouchedSize: number;
      /** All, those that this node is connected with besides itself, and how many it takes. */
      readonly organisations: readonly string[];
      readonly connected: readonly string[];
      readonly needed: number;
      readonly waiting: number;
      /** What validators did that was refused, by what and whom. */
      readonly refused: Readonly<Record<string, number>>;
    };

import type { Tile } from './tiles.ts';

export type Ordering = {
  /** With the keys that count now. */
  readonly mainLog: MainLog;
  /** Which keys of it count, and counted, for which of its sizes. */
  readonly keyPeriods: KeyPeriods;
  readonly chainCount: number;
  readonly status: OrderingStatus;
  /** The registry as it is now, and what is open. */
  readonly governance: Governance;

  /** As the ledger has it now; undefined where it is not enrolled. */
  chain(chainId: Uint8Array): ChainRecord | undefined;

  /** Whether what it sends may be taken: its centre is an organisation of the registry that may. */
  isRegistered(chain: ChainRecord): boolean;

  /**
   * Resolves when the outcome is durable and can no longer change.
   * @throws TielineError `ordering-busy` (transient) with too many waiting; fatal where it cannot
   * go on.
   */
  submit<T extends Transaction>(transaction: T): Promise<Outcomes[T['kind']]>;

  /**
   * The anchor, record or act at this leaf, receipts over it, and the proof that the log has only
   * grown since it had the size `from`. The same again for the same arguments.
   */
  receipt(logIndex: number, options: { readonly from: number }): Promise<ReceiptMessage>;

  /**
   * How the keys of this generation came to count, and the proof that the log that ends with it
   * extends the one of the size `from`.
   */
  handOver(generation: number, options: { readonly from: number }): Promise<TrustMessage>;

  /** The log's newest checkpoint, as a signed note. */
  checkpoint(): Promise<string>;

  /** The proof that the log of the size `to`, which is durable, extends the one of the size `from`. */
  consistency(from: number, to: number): Promise<readonly Uint8Array[]>;

  /** Hashes of its tree; undefined where they are not durable yet. */
  tile(tile: Tile): Promise<Uint8Array | undefined>;

  /** Finishes what was submitted. */
  close(): Promise<void>;
};
