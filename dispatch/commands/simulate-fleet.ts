// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeSuite } from '../../base/node-suite.ts';
import { monotonicMs } from '../../host/clock.ts';
import {
  type Command,
  type Invocation,
  required,
  textOf,
  type Values,
  wholeNumber,
} from '../../host/command.ts';
import { createLog } from '../../host/log.ts';
import { connectMqtt } from '../../host/mqtt.ts';
import { progressLine } from '../../host/progress-line.ts';
import { readTlsFiles } from '../../host/tls-files.ts';
import { loadDispatchConfig } from '../config.ts';
import { enrolFleetInto } from '../fleet/enrol-fleet-into.ts';
import { Fleet } from '../fleet/fleet.ts';
import type { FleetPlan } from '../fleet/fleet-plan.ts';
import { fleetRegisters } from '../fleet/fleet-summaries.ts';
import { type FleetProgress, type FleetRun, runFleet } from '../fleet/run-fleet.ts';
import { readPinnedLog } from '../pinned-log.ts';

const name = 'simulate-fleet';

export const simulateFleet: Command = {
  name,
  summary:
    'Plays many sidechains before a dispatch node: real anchors and summaries, timed answers.',
  usage: 'simulate-fleet --config FILE --chains N [--enrol] [options]',
  options: {
    config: { value: 'FILE', description: 'dispatch.yaml of the node that they anchor to' },
    enrol: { description: 'write the chains into the ledger of the node, which must not run' },
    chains: { value: 'N', description: 'how many chains, by default 100' },
    members: { value: 'N', description: 'gateways of each, all of them co-sign, by default 3' },
    devices: { value: 'N', description: 'meters of each, by default 2' },
    registers: {
      value: 'N',
      description: `of each meter, by default 5, ${fleetRegisters.length} at most`,
    },
    interval: { value: 'SECONDS', description: 'from anchor to anchor of a chain, by default 60' },
    window: { value: 'SECONDS', description: 'of the summaries, and of the run; by default 900' },
    seed: { value: 'TEXT', description: 'another text, another fleet; by default `tieline`' },
    ahead: { value: 'N', description: 'messages signed before they are due, by default 20000' },
    broker: { value: 'URL', description: 'by default the one of the configuration' },
    ca: { value: 'FILE', description: "PEM: the authority of the broker's certificate" },
    cert: {
      value: 'FILE',
      description: 'PEM: a certificate that may use the topics of all chains',
    },
    key: { value: 'FILE', description: 'PEM: its key' },
    json: { description: 'say what became of the messages as JSON' },
  },
  notes: `First \`--enrol\`, with the node stopped; then start the node, and run this without it.
Same seed and numbers, same fleet. A chain anchors once in every interval, at a second of its own,
and sends its summaries once in the run. Keys, co-signatures and proofs are real. All chains speak
over one connection, which a broker with certificates refuses: use one that is there for this. A
second run tells the ledger nothing new: take another seed. Never enrol a fleet where real chains
anchor: what was enrolled stays in the ledger.`,
  run: async (invocation) => {
    const { values } = invocation;
    const config = loadDispatchConfig(required(name, values, 'config'));
    const fleet = new Fleet(nodeSuite, planOf(values), await readPinnedLog(config.data));
    if (values.enrol === true) return enrol(fleet, config.data, invocation);
    const url = textOf(values, 'broker') ?? config.mqtt.url;
    return run(fleet, url, invocation);
  },
};

function planOf(values: Values): FleetPlan {
  const count = (option: string, fallback: number, max: number): number =>
    wholeNumber(name, values, { name: option, min: 1, max }) ?? fallback;
  return {
    seed: textOf(values, 'seed') ?? 'tieline',
    chains: count('chains', 100, 131_072),
    members: count('members', 3, 7),
    devices: count('devices', 2, 64),
    registers: count('registers', 5, fleetRegisters.length),
    intervalSeconds: count('interval', 60, 86_400),
    windowSeconds: count('window', 900, 86_400),
  };
}

async function enrol(fleet: Fleet, data: string, { values, print, ending }: Invocation) {
  const startMs = monotonicMs();
  const tell = progressLine({ isOn: values.json !== true });
  const fresh = await enrolFleetInto(fleet, data, {
    ending,
    onProgress: (count) => tell(`${count} of ${fleet.plan.chains} chains`),
  });
  tell(undefined);
  const seconds = (monotonicMs() - startMs) / 1_000;
  const perSecond = Math.round(fleet.plan.chains / seconds);
  const { chains } = fleet.plan;
  print(
    values.json === true
      ? JSON.stringify({ chains, fresh, seconds, perSecond })
      : `${chains} chains, ${fresh} of them new, in ${seconds.toFixed(1)} s: ${perSecond} a second`,
  );
  return ending.aborted ? 1 : 0;
}

async function run(
  fleet: Fleet,
  url: string | readonly string[],
  { values, print, ending }: Invocation,
) {
  const files = ['ca', 'cert', 'key'].flatMap((option) => {
    const path = textOf(values, option);
    return path === undefined ? [] : [[option, path] as const];
  });
  const mqtt = connectMqtt({
    url,
    clientId: `tieline-fleet-${fleet.plan.seed}`,
    tls: await readTlsFiles(Object.fromEntries(files)),
    log: createLog({ level: 'warn' }),
  });
  const tell = progressLine({ isOn: values.json !== true });
  try {
    const done = await runFleet(fleet, {
      suite: nodeSuite,
      mqtt,
      monotonicMs,
      sleep: async (ms) => sleep(ms),
      ahead: wholeNumber(name, values, { name: 'ahead', min: 1, max: 10_000_000 }) ?? defaultAhead,
      ending,
      onProgress: (progress) => tell(progressText(progress)),
    });
    tell(undefined);
    print(values.json === true ? JSON.stringify(done) : reportText(done));
    const { anchors, summaries, invalid } = done;
    const allTaken = anchors.taken === anchors.sent && summaries.taken === summaries.sent;
    return allTaken && invalid === 0 ? 0 : 1;
  } finally {
    await mqtt.close();
  }
}

const defaultAhead = 20_000;

function progressText({ signed, sent, taken, waiting, lateMs }: FleetProgress): string {
  const late = lateMs > 100 ? `, ${lateMs} ms behind` : '';
  return `signed ${signed}, sent ${sent}, taken ${taken}, waiting for ${waiting}${late}`;
}

function reportText(done: FleetRun): string {
  const line = (what: string, { sent, taken, unanswered, latency }: FleetRun['anchors']): string =>
    `${what}: ${taken} of ${sent} taken, ${unanswered} unanswered; ${latency.p50Ms} ms in the ` +
    `middle, 95 % within ${latency.p95Ms} ms, 99 % within ${latency.p99Ms} ms`;
  const others = Object.entries(done.others).map(([what, count]) => `${what}: ${count}`);
  return [
    `${done.seconds.toFixed(1)} s, the latest message left ${done.lateMsMax} ms after its time`,
    line('anchors', done.anchors),
    line('summaries', done.summaries),
    `other answers: ${others.length === 0 ? 'none' : others.join(', ')}`,
    `${done.verified} answers checked with all signatures, ${done.invalid} did not hold`,
  ].join('\n');
}
