// SPDX-License-Identifier: Apache-2.0
// The metrics of a dispatch node, gathered when somebody asks for them.

import type { Answered } from '../host/http.ts';
import { ProcessMetrics } from '../host/process-metrics.ts';
import { Counts, counter, Durations, gauge, type MetricFamily } from '../host/prometheus.ts';
import type { HistoryStatus } from './history/history.ts';
import type { LedgerCounts } from './store/ledger-counts.ts';

export type MetricSources = {
  readonly chainCount: () => number;
  readonly brokerConnected: () => boolean;
  /** `anchor/signature` and the like, since the log began. */
  readonly refused: () => Readonly<Record<string, number>>;
  readonly ordering: () => readonly MetricFamily[];
  readonly ingest: () => { readonly messages: number; readonly bytes: number };
  readonly ledger: () => Promise<LedgerCounts>;
  readonly history: () => Promise<HistoryStatus>;
  /** Name of a database to the bytes of its files. */
  readonly databaseBytes: () => Readonly<Record<string, number>>;
  readonly eventStreams: () => number;
};

export class DispatchMetrics {
  readonly #process = new ProcessMetrics();
  readonly #requests = new Counts();
  readonly #requestSeconds = new Durations();

  /** Told of each answer of the API. */
  readonly onAnswered = ({ method, path, status, seconds }: Answered): void => {
    this.#requests.add({ method, route: path, status: String(status) });
    this.#requestSeconds.observe(seconds);
  };

  async gather(sources: MetricSources): Promise<readonly MetricFamily[]> {
    const ledger = await sources.ledger();
    const history = await sources.history();
    const { messages, bytes } = sources.ingest();
    return [
      gauge('tieline_chains', 'Sidechains enrolled.', sources.chainCount()),
      gauge(
        'tieline_chains_quarantined',
        'Sidechains of which two co-signed histories were found.',
        ledger.forkedChains,
      ),
      gauge('tieline_main_log_leaves', 'Leaves of the main log: genesis, anchors.', ledger.logSize),
      counter('tieline_reports_total', 'Reports of members on each other.', ledger.reports),
      counter('tieline_kept_messages_total', 'Summary messages kept.', ledger.summaryMessages),
      counter(
        'tieline_conflicting_summaries_total',
        'Summaries that came a second time with another content.',
        ledger.conflicts,
      ),
      counter(
        'tieline_refused_messages_total',
        'Messages refused since the log began, by what they were and why.',
        Object.entries(sources.refused()).map(([code, value]) => {
          const [message = '', reason = message] = code.split('/');
          return { labels: { message, reason }, value };
        }),
      ),
      gauge('tieline_ingest_queue_messages', 'Messages in hand, not answered yet.', messages),
      gauge('tieline_ingest_queue_bytes', 'Bytes of the messages in hand.', bytes),
      ...sources.ordering(),
      gauge(
        'tieline_broker_connected',
        '1 while the broker is there.',
        sources.brokerConnected() ? 1 : 0,
      ),
      gauge(
        'tieline_database_bytes',
        'Bytes of a database on disk, its journal among them.',
        Object.entries(sources.databaseBytes()).map(([database, value]) => ({
          labels: { database },
          value,
        })),
      ),
      gauge(
        'tieline_history_behind_messages',
        'Accepted summary messages that the history does not show yet.',
        history.behind,
      ),
      counter(
        'tieline_history_failures_total',
        'Attempts at the database of the history that failed.',
        history.failures,
      ),
      gauge('tieline_event_streams', 'Clients that follow the events.', sources.eventStreams()),
      counter('tieline_http_requests_total', 'Answers of the API.', this.#requests.samples),
      this.#requestSeconds.family('tieline_http_request_seconds', 'From a request to its answer.'),
      ...this.#process.families(),
    ];
  }

  close(): void {
    this.#process.close();
  }
}
