// SPDX-License-Identifier: Apache-2.0
// What the centre takes in: anchors of fleets from 100 to 100,000 chains, verified, durable and
// receipted, beside what signatures and disk alone would let pass. Messages are made by one process
// before another one, the centre, is measured; it gets them as a connection to a broker hands them
// over, and answers into a file.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FleetPlan } from '../../dispatch/fleet/fleet-plan.ts';
import type { Figure } from './figures.ts';
import { bareRows, bareVerifications } from './ingest/bare.ts';
import type { Files, Prepare, Prepared, Take, Taken } from './ingest/orders.ts';
import type { Effort } from './measure.ts';

const plan = {
  seed: 'bench',
  members: 3,
  devices: 2,
  registers: 5,
  intervalSeconds: 60,
  windowSeconds: 900,
};
const preparing = new URL('./ingest/prepare.ts', import.meta.url).pathname;
const taking = new URL('./ingest/take.ts', import.meta.url).pathname;
const fullSizes = [100, 1_000, 10_000, 100_000];
const shortSizes = [100];

/** At which the latency is measured: what the aim asks for, or what so many chains send in a minute. */
const aimPerSecond = 1_667;
const pacedSecondsMax = 20;
const hostilePerSecond = 500;

export async function ingest({ runs }: Effort): Promise<readonly Figure[]> {
  const thorough = runs > 3;
  const figures: Figure[] = [];
  for (const chains of sizes(thorough)) figures.push(...(await ofFleet({ ...plan, chains })));
  return figures;
}

/** `TIELINE_BENCH_CHAINS=100,1000` measures other sizes. */
function sizes(thorough: boolean): readonly number[] {
  const chosen = process.env.TIELINE_BENCH_CHAINS?.split(',').map(Number);
  return chosen ?? (thorough ? fullSizes : shortSizes);
}

async function ofFleet(fleet: FleetPlan): Promise<readonly Figure[]> {
  const dir = mkdtempSync(join(tmpdir(), 'tieline-ingest-'));
  const files: Files = {
    dir: join(dir, 'centre'),
    spool: join(dir, 'spool'),
    answers: join(dir, 'answers'),
  };
  try {
    const prepare = (step: Prepare['step']): Promise<Prepared> =>
      child<Prepare, Prepared>(preparing, { plan: fleet, files, step });
    const take = (how: Partial<Take>): Promise<Taken> =>
      child<Take, Taken>(taking, {
        files,
        perSecond: undefined,
        secondsMax: 600,
        hostilePerSecond: 0,
        ...how,
      });
    const enrolled = await prepare('enrol');
    await prepare(0);
    await take({});
    await prepare(1);
    const full = await take({});
    const perSecond = Math.min(aimPerSecond, Math.max(20, full.anchors / full.seconds / 2));
    const paced = { perSecond, secondsMax: pacedSecondsMax };
    await prepare(2);
    const calm = await take(paced);
    await prepare(3);
    const pestered = await take({ ...paced, hostilePerSecond });
    const verifications = await bareVerifications(2_000);
    const rows = bareRows(1_700, 2_000);
    return figuresOf(fleet.chains, { enrolled, full, calm, pestered, verifications, rows });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

type Measured = {
  readonly enrolled: Prepared;
  readonly full: Taken;
  readonly calm: Taken;
  readonly pestered: Taken;
  readonly verifications: number;
  readonly rows: number;
};

function figuresOf(chains: number, measured: Measured): readonly Figure[] {
  const { enrolled, full, calm, pestered, verifications, rows } = measured;
  const perSecond = full.anchors / full.seconds;
  const figure = (what: string, unit: string, value: number, more?: Partial<Figure>): Figure => ({
    name: `${chains} chains: ${what}`,
    unit,
    value,
    ...more,
  });
  const coreMs = (full.cpuSeconds * 1_000) / full.anchors;
  return [
    figure('anchors taken', '1/s', perSecond, {
      ...(chains === 100_000 ? { aim: `≥ ${aimPerSecond}` } : {}),
      beside: {
        'signatures alone': verifications / (plan.members + 2),
        'SQLite rows alone': rows,
      },
    }),
    figure('time of a core for one', 'ms', coreMs),
    figure('from anchor to receipt, p50', 'ms', calm.p50Ms, {
      beside: { 'with one chain hostile': pestered.p50Ms },
    }),
    figure('from anchor to receipt, p95', 'ms', calm.p95Ms, {
      beside: { 'with one chain hostile': pestered.p95Ms },
    }),
    figure('from anchor to receipt, p99', 'ms', calm.p99Ms, {
      beside: { 'with one chain hostile': pestered.p99Ms },
    }),
    figure('start', 'ms', full.startMs),
    figure('memory at the start', 'MB', full.residentAtStartMb),
    figure('memory at most', 'MB', full.residentMostMb),
    figure('ledger, bytes an anchor', 'B', full.ledgerBytes / full.anchors),
    figure('enrolled', '1/s', enrolled.count / enrolled.seconds),
  ];
}

/**
 * `TIELINE_BENCH_WITH` names a command that runs the process which is measured, such as one that
 * gives it the machine alone.
 */
async function child<Order, Report>(path: string, order: Order): Promise<Report> {
  const before = path === taking ? process.env.TIELINE_BENCH_WITH : undefined;
  const words = [process.execPath, path, JSON.stringify(order)];
  const [command = '', ...rest] = before === undefined ? words : [before, ...words];
  const running = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  running.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  const code = await new Promise<number | null>((resolve) => running.on('close', resolve));
  if (code !== 0) throw new Error(`${path} ended with ${code}`);
  return JSON.parse(out) as Report;
}
