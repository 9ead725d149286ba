// SPDX-License-Identifier: Apache-2.0
// Ordering: puts transactions into one order, applies them to the main ledger, makes the outcome
// durable and vouches for the log. This is all that the rest of the centre knows of how many
// organisations keep it.

import type { MainLog } from '../../sidechain/chain/main-log.ts';
import type { ReceiptMessage } from '../../sidechain/chain/receipt-message.ts';
import type { ChainRecord } from '../ledger/chain-record.ts';
import type { Outcomes, Transaction } from '../ledger/transaction.ts';

export type Ordering = {
  readonly mainLog: MainLog;
  readonly chainCount: number;

  /** As the ledger has it now; undefined where it is not enrolled. */
  chain(chainId: Uint8Array): ChainRecord | undefined;

  /**
   * Resolves when the outcome is durable and can no longer change.
   * @throws TielineError `ordering-busy` (transient) with too many waiting; fatal where it cannot
   * go on.
   */
  submit<T extends Transaction>(transaction: T): Promise<Outcomes[T['kind']]>;

  /**
   * The anchor at this leaf, receipts over it, and the proof that the log has only grown since it
   * had the size `from`. The same again for the same arguments.
   */
  receipt(logIndex: number, options: { readonly from: number }): Promise<ReceiptMessage>;

  /** The log's newest checkpoint, as a signed note. */
  checkpoint(): Promise<string>;

  /** Finishes what was submitted. */
  close(): Promise<void>;
};
