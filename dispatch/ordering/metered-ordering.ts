// SPDX-License-Identifier: Apache-2.0
// An ordering that is watched: how long it takes from a transaction to its outcome, and what comes
// of it. It decides nothing and changes nothing.

import { Counts, counter, Durations, gauge, type MetricFamily } from '../../host/prometheus.ts';
import type { Outcomes, Transaction } from '../ledger/transaction.ts';
import type { Ordering, OrderingStatus } from './ordering.ts';
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
      ...consortiumFamilies(this.status),
    ];
  }
}

const states = ['ok', 'behind', 'stalled'] as const;

/** None where one organisation keeps the log alone. */
function consortiumFamilies(status: OrderingStatus): readonly MetricFamily[] {
  if (status.kind !== 'consortium') return [];
  const { organisations, connected, needed } = status;
  return [
    gauge(
      'tieline_consortium_state',
      '1 for the state that the node is in: ok, behind the others, or stalled for too few of them.',
      states.map((state) => ({ labels: { state }, value: state === status.state ? 1 : 0 })),
    ),
    gauge('tieline_consortium_organisations', 'Organisations of the log.', organisations.length),
    gauge(
      'tieline_consortium_present',
      'Those of them whose engines are connected with the one here, and this one.',
      connected.length + 1,
    ),
    gauge('tieline_consortium_needed', 'How many it takes to decide.', needed),
    gauge('tieline_consortium_height', 'Blocks that were decided.', status.height),
    gauge('tieline_consortium_waiting', 'Transactions on their way into a block.', status.waiting),
    counter(
      'tieline_consortium_refused_total',
      'Votes and proposals that were refused since the start, by what they were and whose.',
      Object.entries(status.refused).map(([of, value]) => {
        const [what = '', organisation = ''] = of.split('/');
        return { labels: { what, organisation }, value };
      }),
    ),
  ];
}
