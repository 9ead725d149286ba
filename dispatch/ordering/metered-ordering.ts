// SPDX-License-Identifier: Apache-2.0
// An ordering that is watched: how long it takes from a transaction to its outcome, and what comes
// of it. It decides nothing and changes nothing.

import { Counts, counter, Durations, type MetricFamily } from '../../host/prometheus.ts';
import type { MainLog } from '../../sidechain/chain/main-log.ts';
import type { ReceiptMessage } from '../../sidechain/chain/receipt-message.ts';
import type { ChainRecord } from '../ledger/chain-record.ts';
import type { Governance } from '../ledger/judge-governance.ts';
import type { Outcomes, Transaction } from '../ledger/transaction.ts';
import type { Ordering, OrderingStatus } from './ordering.ts';
import type { Tile } from './tiles.ts';

export class MeteredOrdering implements Ordering {
  readonly #ordering: Ordering;
  readonly #monotonicMs: () => number;
  readonly #outcomes = new Counts();
  readonly #seconds = new Durations();

  constructor(ordering: Ordering, monotonicMs: () => number) {
    this.#ordering = ordering;
    this.#monotonicMs = monotonicMs;
  }

  get mainLog(): MainLog {
    return this.#ordering.mainLog;
  }

  get chainCount(): number {
    return this.#ordering.chainCount;
  }

  get status(): OrderingStatus {
    return this.#ordering.status;
  }

  get governance(): Governance {
    return this.#ordering.governance;
  }

  isRegistered(chain: ChainRecord): boolean {
    return this.#ordering.isRegistered(chain);
  }

  chain(chainId: Uint8Array): ChainRecord | undefined {
    return this.#ordering.chain(chainId);
  }

  async submit<T extends Transaction>(transaction: T): Promise<Outcomes[T['kind']]> {
    const { kind } = transaction;
    const startedMs = this.#monotonicMs();
    try {
      const outcome = await this.#ordering.submit(transaction);
      this.#seconds.observe((this.#monotonicMs() - startedMs) / 1_000);
      this.#outcomes.add({ kind, outcome: outcome.kind });
      return outcome;
    } catch (error) {
      this.#outcomes.add({ kind, outcome: 'failed' });
      throw error;
    }
  }

  receipt(logIndex: number, options: { readonly from: number }): Promise<ReceiptMessage> {
    return this.#ordering.receipt(logIndex, options);
  }

  checkpoint(): Promise<string> {
    return this.#ordering.checkpoint();
  }

  consistency(from: number, to: number): Promise<readonly Uint8Array[]> {
    return this.#ordering.consistency(from, to);
  }

  tile(tile: Tile): Promise<Uint8Array | undefined> {
    return this.#ordering.tile(tile);
  }

  close(): Promise<void> {
    return this.#ordering.close();
  }

  families(): readonly MetricFamily[] {
    return [
      counter(
        'tieline_transactions_total',
        'Transactions of the main log since the start, by what came of them.',
        this.#outcomes.samples,
      ),
      this.#seconds.family(
        'tieline_ordering_seconds',
        'From a transaction to its durable outcome.',
      ),
    ];
  }
}
