// SPDX-License-Identifier: Apache-2.0
// What was measured of fleets, as figures: of each, and how they grow from the smallest to the largest.

import type { FleetPlan } from '../../../dispatch/fleet/fleet-plan.ts';
import type { Figure } from '../figures.ts';
import type { BareLimits } from './bare.ts';
import type { Prepared, Published, Taken } from './orders.ts';

export type MeasuredFleet = {
  readonly plan: FleetPlan;
  readonly enrolled: Prepared;
  /** First anchors of the chains. */
  readonly first: Taken;
  /** Anchors with receipts and proofs, as fast as it goes. */
  readonly full: Taken;
  /** At half of that, without and with a hostile chain. */
  readonly calm: Taken;
  readonly pestered: Taken;
  /** The same over a broker; of large fleets it is not measured. */
  readonly broker: { readonly full: Published; readonly calm: Published } | undefined;
  readonly limits: BareLimits;
};

/** An anchor of three members: three co-signatures, the log's, and its own. */
const signaturesBeside = 2;
const aimPerSecond = 1_667;
const daySeconds = 86_400;

export function fleetFigures(fleet: MeasuredFleet): readonly Figure[] {
  const { plan, enrolled, first, full, calm, pestered, limits } = fleet;
  const { chains, members } = plan;
  const figure = (what: string, unit: string, value: number, more?: Partial<Figure>): Figure => ({
    ...{ name: `${chains} chains: ${what}`, unit, value },
    ...more,
  });
  const latency = (share: 'p50Ms' | 'p95Ms' | 'p99Ms'): Figure =>
    figure(`anchor to receipt at half load, ${share.slice(0, -2)}`, 'ms', calm[share], {
      beside: { 'with a hostile chain': pestered[share] },
    });
  const anchorBytes = full.ledgerBytes / full.anchors;
  return [
    figure('anchors verified, durable, receipted', '1/s', full.anchors / full.seconds, {
      ...(chains === 100_000 ? { aim: `≥ ${aimPerSecond}` } : {}),
      beside: {
        'Ed25519 alone': limits.verifications / (members + signaturesBeside),
        'SQLite rows alone': limits.sqliteRows,
        'PostgreSQL rows alone': limits.postgresRows,
      },
    }),
    figure('register summaries along with them', '1/s', registersOf(plan, full) / full.seconds),
    figure('first anchors of chains', '1/s', first.anchors / first.seconds),
    figure('time of a core for one', 'ms', (full.cpuSeconds * 1_000) / full.anchors),
    latency('p50Ms'),
    latency('p95Ms'),
    latency('p99Ms'),
    figure('forged anchors sent by the hostile chain', '1/s', pestered.forged / pestered.seconds),
    figure('without an answer', 'anchors', full.unanswered + calm.unanswered),
    figure('start', 'ms', full.startMs),
    figure('memory at the start', 'MB', full.residentAtStartMb),
    figure('memory at most', 'MB', Math.max(full.residentMostMb, first.residentMostMb)),
    figure('ledger, an anchor and its share of summaries', 'B', anchorBytes),
    figure('ledger a day, all anchoring every minute', 'GB', perDay(plan, anchorBytes)),
    figure('enrolled', '1/s', enrolled.count / enrolled.seconds),
    ...brokerFigures(fleet),
  ];
}

/** What it takes through mosquitto, each beside the ingest alone. */
function brokerFigures({ plan, broker, full, calm }: MeasuredFleet): readonly Figure[] {
  if (broker === undefined) return [];
  const figure = (what: string, unit: string, value: number, without?: number): Figure => ({
    ...{ name: `${plan.chains} chains, through mosquitto: ${what}`, unit, value },
    ...(without === undefined ? {} : { beside: { 'without it': without } }),
  });
  const coreMs = (seconds: number) => (seconds * 1_000) / broker.full.anchors;
  const { anchors, seconds } = broker.full;
  return [
    figure('anchors receipted', '1/s', anchors / seconds, full.anchors / full.seconds),
    figure(
      'time of a core of the node for one',
      'ms',
      coreMs(broker.full.nodeSeconds),
      (full.cpuSeconds * 1_000) / full.anchors,
    ),
    figure('time of a core of the broker for one', 'ms', coreMs(broker.full.brokerSeconds)),
    figure('anchor to receipt at half load, p50', 'ms', broker.calm.p50Ms, calm.p50Ms),
    figure('anchor to receipt at half load, p99', 'ms', broker.calm.p99Ms, calm.p99Ms),
    figure('without an answer', 'anchors', broker.full.unanswered + broker.calm.unanswered),
  ];
}

function registersOf({ devices, registers }: FleetPlan, { summaries }: Taken): number {
  return summaries * devices * registers;
}

function perDay({ chains, intervalSeconds }: FleetPlan, anchorBytes: number): number {
  return (chains * (daySeconds / intervalSeconds) * anchorBytes) / 1e9;
}

/** From the smallest fleet to the largest. */
export function growthFigures(fleets: readonly MeasuredFleet[]): readonly Figure[] {
  const bySize = fleets.toSorted((a, b) => a.plan.chains - b.plan.chains);
  const [smallest, largest] = [bySize[0], bySize.at(-1)];
  if (smallest === undefined || largest === undefined) return [];
  const more = largest.plan.chains - smallest.plan.chains;
  if (more <= 0) return [];
  const { devices } = largest.plan;
  const slope = (of: (taken: Taken) => number): number =>
    (of(largest.full) - of(smallest.full)) / more;
  const memoryBytes = 1e6 * slope(({ residentAtStartMb }) => residentAtStartMb);
  return [
    { name: 'memory for one more chain', unit: 'B', value: memoryBytes },
    { name: 'memory for one more device', unit: 'B', value: memoryBytes / devices },
    { name: 'start for one more chain', unit: 'µs', value: 1e3 * slope(({ startMs }) => startMs) },
  ];
}
