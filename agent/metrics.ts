// SPDX-License-Identifier: Apache-2.0
// The metrics of a gateway, put together from its status when somebody asks for them.

import type { Route } from '../host/http.ts';
import { ProcessMetrics } from '../host/process-metrics.ts';
import {
  counter,
  Durations,
  formatMetrics,
  gauge,
  type MetricFamily,
  prometheusType,
} from '../host/prometheus.ts';
import type { NodeStatus } from '../sidechain/node-status.ts';
import type { GatewayStatus } from './status.ts';

const yes = (is: boolean): number => (is ? 1 : 0);

type Told = Pick<GatewayStatus, 'ledger' | 'uplink' | 'meters'>;

export class GatewayMetrics {
  /** Watches the event loop from the first question on: where nobody asks, nothing wakes the board. */
  #process: ProcessMetrics | undefined;
  readonly #commits = new Durations();

  committed(afterMs: number): void {
    this.#commits.observe(afterMs / 1_000);
  }

  route(status: () => Promise<Told>): Route {
    return {
      method: 'GET',
      path: '/metrics',
      description: 'Metrics in the text format of Prometheus.',
      handler: async () => {
        this.#process ??= new ProcessMetrics();
        const families = [
          ...gatewayFamilies(await status()),
          this.#commits.family(
            'tieline_commit_seconds',
            'From an entry signed here until a majority has its block on disk.',
          ),
          ...this.#process.families(),
        ];
        const headers = { 'content-type': prometheusType };
        return { status: 200, headers, body: formatMetrics(families) };
      },
    };
  }

  close(): void {
    this.#process?.close();
  }
}

export function gatewayFamilies({ ledger, uplink, meters }: Told): readonly MetricFamily[] {
  const ofMeter = (value: (meter: Told['meters'][number]) => number) =>
    meters.map((meter) => ({ labels: { device: meter.device }, value: value(meter) }));
  return [
    ...chainFamilies(ledger),
    gauge('tieline_broker_connected', '1 while the broker is there.', yes(uplink.connected)),
    gauge(
      'tieline_on_duty',
      '1 while this gateway anchors for the chain.',
      yes(uplink.anchor.onDuty),
    ),
    counter(
      'tieline_meter_reads_total',
      'Readings taken of a meter.',
      ofMeter(({ readCount }) => readCount),
    ),
    counter(
      'tieline_meter_missed_total',
      'Readings that were due and not taken in time.',
      ofMeter(({ missedCount }) => missedCount),
    ),
    gauge(
      'tieline_meter_silent',
      '1 while a meter does not answer.',
      ofMeter(({ fault }) => yes(fault !== undefined)),
    ),
  ];
}

function chainFamilies(ledger: NodeStatus): readonly MetricFamily[] {
  const { stale, height, timeMs, outbox, receiptSize, cosignedSize, peers, term } = ledger;
  return [
    gauge(
      'tieline_chain_stale',
      '1 while no majority stands behind what is shown, and nothing is ordered.',
      yes(stale !== undefined),
    ),
    gauge(
      'tieline_chain_stale_seconds',
      'For how long so far; 0 while a majority is there.',
      (stale?.forMs ?? 0) / 1_000,
    ),
    gauge('tieline_chain_height', 'Height of the newest block.', height),
    gauge('tieline_chain_time_seconds', 'Time of the newest block, Unix time.', timeMs / 1_000),
    gauge('tieline_chain_cosigned_blocks', 'Blocks under a co-signed checkpoint.', cosignedSize),
    gauge('tieline_chain_receipted_blocks', 'Blocks under the newest receipt.', receiptSize),
    gauge('tieline_raft_leader', '1 while this gateway leads.', yes(ledger.role === 'leader')),
    gauge('tieline_raft_term', 'Rises with every election.', term),
    gauge('tieline_outbox_entries', 'Entries that no block has yet.', outbox.count),
    gauge('tieline_outbox_bytes', 'Their bytes.', outbox.bytes),
    gauge(
      'tieline_member_connected',
      '1 while another member is connected.',
      peers.map(({ name, isConnected }) => ({ labels: { member: name }, value: yes(isConnected) })),
    ),
    gauge('tieline_disk_full', '1 while the disk has no room.', yes(!ledger.hasRoom)),
    gauge('tieline_evidence_members', 'Members seen to sign two histories.', ledger.guilty.length),
    counter(
      'tieline_refused_total',
      'What was not taken of members since the start, by reason.',
      refusals(ledger),
    ),
  ];
}

function refusals({ refusals }: NodeStatus) {
  return refusals.map(({ member, reason, count }) => ({
    labels: { member, reason },
    value: count,
  }));
}
