// SPDX-License-Identifier: Apache-2.0
// An ordering that is watched: how long it takes from a transaction to its outcome, and what comes
// of it. It decides nothing and changes nothing.

import { Counts, counter, Durations, type MetricFamily } from '../../host/prometheus.ts';
import type { Outcomes, Transaction } from '../ledger/transaction.ts';
import type { Ordering } from './ordering.ts';
import { OrderingShell } from './ordering-shell.ts';

export class MeteredOrdering extends OrderingShell {
  readonly #monotonicMs: () => number;
  readonly #outcomes = new Counts();
  readonly #seconds = new Durations();

  constructor(inner: Ordering, monotonicMs: () => number) {
    super(inner);
    this.#monotonicMs = monotonicMs;
  }

  override async submit<T extends Transaction>(transaction: T): Promise<Outcomes[T['kind']]> {
    const { kind } = transaction;
    const startedMs = this.#monotonicMs();
    try {
      const outcome = await this.inner.submit(transaction);
      this.#seconds.observe((this.#monotonicMs() - startedMs) / 1_000);
      this.#outcomes.add({ kind, outcome: outcome.kind });
      return outcome;
    } catch (error) {
      this.#outcomes.add({ kind, outcome: 'failed' });
      throw error;
    }
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
