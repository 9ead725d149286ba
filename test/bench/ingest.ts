// SPDX-License-Identifier: Apache-2.0
// What the centre takes in: anchors of fleets from 100 to 100,000 chains, verified, durable and
// receipted, beside what signatures and disk alone would let pass. Processes make the messages before
// another one, the centre, is measured; it gets them as a connection to a broker hands them over, and
// answers into a file. What it is at is told on standard error.

import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FleetPlan } from '../../dispatch/fleet/fleet-plan.ts';
import { type Figure, figuresText } from './figures.ts';
import { bareLimits } from './ingest/bare.ts';
import { fleetFigures, growthFigures, type MeasuredFleet } from './ingest/fleet-figures.ts';
import type { Files, Prepare, Sample, Take } from './ingest/orders.ts';
import { prepare, take, tell } from './ingest/steps.ts';
import { throughBroker } from './ingest/through-broker.ts';
import type { Effort } from './measure.ts';

const plan = {
  seed: 'bench',
  members: 3,
  devices: 2,
  registers: 5,
  intervalSeconds: 60,
  windowSeconds: 900,
};
const fullSizes = [1_000, 10_000, 100_000];
const shortSizes = [100];

/** So many chains have their first anchor taken, and those that are measured are among them. */
const firstAnchors = 24_000;
/** At full speed: so many, of different chains where there are as many, half of them before the clock starts. */
const fullAnchors = 48_000;
/** Of the same chains, where they are fewer; as many as their history is made for. */
const roundsMax = 24;
const pacedSeconds = 20;
const hostilePerSecond = 500;
/** Of more, what the broker costs for one message is the same, and takes long to sign. */
const brokerChainsMax = 1_000;

export async function ingest({ runs }: Effort): Promise<readonly Figure[]> {
  const thorough = runs > 3;
  const fleets: MeasuredFleet[] = [];
  for (const chains of sizes(thorough)) {
    const fleet = await ofFleet({ ...plan, chains });
    tell(`${chains} chains\n${figuresText(fleetFigures(fleet))}`);
    fleets.push(fleet);
  }
  return [...fleets.flatMap(fleetFigures), ...growthFigures(fleets)];
}

/** `TIELINE_BENCH_CHAINS=100,1000` measures other sizes. */
function sizes(thorough: boolean): readonly number[] {
  const chosen = process.env.TIELINE_BENCH_CHAINS?.split(',').map(Number);
  return chosen ?? (thorough ? fullSizes : shortSizes);
}

async function ofFleet(fleet: FleetPlan): Promise<MeasuredFleet> {
  const dir = mkdtempSync(join(tmpdir(), 'tieline-ingest-'));
  try {
    return await measured(fleet, filesIn(dir));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function filesIn(dir: string): Files {
  const parts = Array.from({ length: availableParallelism() }, (_, part) => part);
  return {
    dir: join(dir, 'centre'),
    spools: parts.map((part) => join(dir, `spool-${part}`)),
    known: parts.map((part) => join(dir, `known-${part}`)),
    answers: join(dir, 'answers'),
  };
}

async function measured(fleet: FleetPlan, files: Files): Promise<MeasuredFleet> {
  const { chains } = fleet;
  const order = (step: Prepare['step']) => ({ plan: fleet, files, step });
  const made = (what: string, step: Prepare['step']) =>
    prepare(`${chains} chains: ${what}`, order(step));
  const taken = (what: string, how: Partial<Take>) =>
    take(`${chains} chains: ${what}`, {
      ...{ files, warmUpMessages: 0, perSecond: undefined, secondsMax: 600, hostilePerSecond: 0 },
      ...how,
    });
  await made('a centre', 'centre');
  await made('members, genesis and enrolment of each', 'found');
  const enrolled = await made('enrolled', 'enrol');
  const begun = sampleOf(chains, firstAnchors);
  await made(`first anchors of ${begun.count}, signed`, { from: 0, to: 1, sample: begun });
  const first = await taken(`first anchors of ${begun.count}`, {});

  const sample = partOf(begun, firstAnchors);
  const fullRounds = roundsFor(fullAnchors, sample);
  let next = 1;
  const rounds = (count: number, of: Sample) => {
    const from = next;
    next += count;
    return { from, to: next, sample: of };
  };
  const signed = await made('anchors signed', rounds(fullRounds, sample));
  const warmUpMessages = Math.floor(signed.count / 2);
  const full = await taken('as fast as it goes', { warmUpMessages });

  const perSecond = full.anchors / full.seconds / 2;
  const pacedCount = Math.ceil(perSecond * pacedSeconds);
  const some = { ...sample, count: Math.min(sample.count, pacedCount) };
  const paced = { perSecond, secondsMax: pacedSeconds };
  await made('anchors signed', rounds(roundsFor(pacedCount, some), some));
  const calm = await taken('at half of that', paced);
  await made('anchors signed', rounds(roundsFor(pacedCount, some), some));
  const pestered = await taken('at half, with a hostile chain', { ...paced, hostilePerSecond });
  let broker: MeasuredFleet['broker'];
  if (chains <= brokerChainsMax) {
    const sent = (what: string, paced: Parameters<typeof throughBroker>[2]) =>
      throughBroker(`${chains} chains, through mosquitto: ${what}`, files, paced);
    const more = await made('anchors signed', rounds(fullRounds, sample));
    const fast = { perSecond: undefined, secondsMax: 600 };
    const brokerFull = await sent('as fast as it goes', {
      ...{ ...fast, warmUpMessages: Math.floor(more.count / 2) },
    });
    await made('anchors signed', rounds(roundsFor(pacedCount, some), some));
    const brokerCalm = await sent('at the pace of before', { ...paced, warmUpMessages: 0 });
    broker = { full: brokerFull, calm: brokerCalm };
  }
  tell('signatures, SQLite and PostgreSQL alone');
  const limits = await bareLimits(Math.round(full.ledgerBytes / full.anchors));
  return { plan: fleet, enrolled, first, full, calm, pestered, broker, limits };
}

function sampleOf(chains: number, wanted: number): Sample {
  const step = Math.max(1, Math.floor(chains / wanted));
  return { step, count: Math.min(Math.floor(chains / step), wanted) };
}

/** Of these, no more than wanted, evenly among them. */
function partOf({ step, count }: Sample, wanted: number): Sample {
  const every = Math.max(1, Math.floor(count / wanted));
  return { step: step * every, count: Math.min(Math.floor(count / every), wanted) };
}

function roundsFor(messages: number, { count }: Sample): number {
  return Math.max(1, Math.min(roundsMax, Math.ceil(messages / count)));
}
