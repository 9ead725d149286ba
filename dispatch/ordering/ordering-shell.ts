// SPDX-License-Identifier: Apache-2.0
// An ordering around another one: passes everything on. Those that watch or hold back transactions
// begin from it.

import type { MainLog } from '../../sidechain/chain/main-log.ts';
import type { ReceiptMessage } from '../../sidechain/chain/receipt-message.ts';
import type { KeyPeriods } from '../../sidechain/chain/retired-key.ts';
import type { TrustMessage } from '../../sidechain/chain/trust.ts';
import type { ChainRecord } from '../ledger/chain-record.ts';
import type { Governance } from '../ledger/judge-governance.ts';
import type { Outcomes, Transaction } from '../ledger/transaction.ts';
import type { Ordering, OrderingStatus } from './ordering.ts';
import type { Tile } from './tiles.ts';

export class OrderingShell implements Ordering {
  protected readonly inner: Ordering;

  constructor(inner: Ordering) {
    this.inner = inner;
  }

  get mainLog(): MainLog {
    return this.inner.mainLog;
  }

  get keyPeriods(): KeyPeriods {
    return this.inner.keyPeriods;
  }

  get chainCount(): number {
    return this.inner.chainCount;
  }

  get status(): OrderingStatus {
    return this.inner.status;
  }

  get governance(): Governance {
    return this.inner.governance;
  }

  isRegistered(chain: ChainRecord): boolean {
    return this.inner.isRegistered(chain);
  }

  chain(chainId: Uint8Array): ChainRecord | undefined {
    return this.inner.chain(chainId);
  }

  submit<T extends Transaction>(transaction: T): Promise<Outcomes[T['kind']]> {
    return this.inner.submit(transaction);
  }

  receipt(logIndex: number, options: { readonly from: number }): Promise<ReceiptMessage> {
    return this.inner.receipt(logIndex, options);
  }

  handOver(generation: number, options: { readonly from: number }): Promise<TrustMessage> {
    return this.inner.handOver(generation, options);
  }

  checkpoint(): Promise<string> {
    return this.inner.checkpoint();
  }

  consistency(from: number, to: number): Promise<readonly Uint8Array[]> {
    return this.inner.consistency(from, to);
  }

  tile(tile: Tile): Promise<Uint8Array | undefined> {
    return this.inner.tile(tile);
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
