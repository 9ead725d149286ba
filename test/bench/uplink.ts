// SPDX-License-Identifier: Apache-2.0
// What goes up for each device in a day: the packets in which a gateway publishes its anchors and its
// summaries with their proofs, beside a packet of plain JSON for each reading, and beside the same
// summaries as JSON without proofs. Readings once a second, of twelve values each; a window of 15
// minutes. Bytes are those of MQTT packets, topics and all, without TCP and TLS, which all three need.

import { createRequire } from 'node:module';
import { nodeSuite } from '../../base/node-suite.ts';
import { type Summary, summaryDecimals } from '../../contracts/summary.ts';
import { Fleet } from '../../dispatch/fleet/fleet.ts';
import { type FleetPlan, fleetStartMs, roundsOf } from '../../dispatch/fleet/fleet-plan.ts';
import { fleetRegisters, fleetSummaries } from '../../dispatch/fleet/fleet-summaries.ts';
import { chainOrigin } from '../../sidechain/chain/names.ts';
import { mainLog } from '../unit/dispatch/fake-main-log.ts';
import type { Figure } from './figures.ts';
import type { Effort } from './measure.ts';
import { backlog } from './uplink/backlog.ts';

const windowSeconds = 900;
const daySeconds = 86_400;
const deviceCounts = [1, 10, 64];
const anchorSeconds = [900, 60];
/** The log has long been kept when a gateway says how much of it it has seen. */
const mainLogSize = 40_000_000;

/** The backlog of a month; in the short form, of a day. */
export async function uplink({ runs }: Effort): Promise<readonly Figure[]> {
  const bytes = deviceCounts.flatMap((devices) =>
    anchorSeconds.map((intervalSeconds) => ofChain({ devices, intervalSeconds })),
  );
  return [...bytes, ...(await backlog(runs > 3 ? 30 : 1))];
}

function ofChain(of: Pick<FleetPlan, 'devices' | 'intervalSeconds'>): Figure {
  const { devices, intervalSeconds } = of;
  const registers = fleetRegisters.length;
  const plan = { ...of, seed: 'uplink', chains: 1, members: 3, registers, windowSeconds };
  const windows = daySeconds / windowSeconds;
  const own = (windows * windowBytes(plan)) / devices;
  const jsonReadings = daySeconds * readingBytes();
  const summaries = fleetSummaries(plan, 0);
  const jsonSummaries = (windows * packetBytes('summary', jsonOf(summaries))) / devices;
  return {
    name: `${devices} devices, anchors every ${intervalSeconds / 60} min`,
    unit: 'B a device and day',
    value: Math.round(own),
    ...(devices === 64 && intervalSeconds === 900 ? { aim: '≤ 1/200 of JSON readings' } : {}),
    beside: {
      'JSON readings': jsonReadings,
      'times as much': jsonReadings / own,
      'JSON summaries without proofs': Math.round(jsonSummaries),
    },
  };
}

/** All that goes up in one window, once the chain has had its first receipt. */
function windowBytes(plan: FleetPlan): number {
  const fleet = new Fleet(nodeSuite, { ...plan, windowSeconds: 2 * plan.windowSeconds }, mainLog);
  fleet.receipted(0, mainLogSize);
  const rounds = roundsOf(plan);
  let bytes = 0;
  let hasSummaries = false;
  for (let round = 1; round <= rounds; round++) {
    for (const { kind, payload } of fleet.round(round)) {
      if (kind === 'anchor') bytes += packetBytes(kind, payload);
    }
  }
  const once = new Fleet(nodeSuite, plan, mainLog);
  for (const { kind, payload } of once.round(0)) {
    if (kind === 'anchor') continue;
    bytes += packetBytes(kind, payload);
    hasSummaries = true;
  }
  if (!hasSummaries) throw new Error('a window has summaries');
  return bytes;
}

/** Twelve values with their names, as short as JSON that a person can read. */
function readingBytes(): number {
  const [first] = fleetSummaries({ ...onePlan, registers: 1 }, 0);
  const values = fleetSummaries(onePlan, 0).map((summary) => [
    summary.obis,
    Number(summaryDecimals(summary).last),
  ]);
  const reading = {
    device: first?.device,
    time: new Date(fleetStartMs).toISOString(),
    values: Object.fromEntries(values),
  };
  return packetBytes('reading', new TextEncoder().encode(JSON.stringify(reading)));
}

const onePlan: FleetPlan = {
  seed: 'uplink',
  chains: 1,
  members: 3,
  devices: 1,
  registers: fleetRegisters.length,
  intervalSeconds: 900,
  windowSeconds,
};

function jsonOf(summaries: readonly Summary[]): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(summaries));
}

type Generate = (packet: object, options: object) => Uint8Array;
const { generate } = createRequire(import.meta.resolve('mqtt'))('mqtt-packet') as {
  readonly generate: Generate;
};
const chainTopic = chainOrigin(new Uint8Array(32));

function packetBytes(kind: string, payload: Uint8Array): number {
  const topic = `${chainTopic}/${kind}`;
  const packet = { cmd: 'publish', topic, payload: Buffer.from(payload), qos: 1, messageId: 1 };
  return generate(packet, { protocolVersion: 5 }).length;
}
