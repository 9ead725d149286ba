// SPDX-License-Identifier: Apache-2.0
// One soak: a town is built and runs, faults strike it for so many minutes, everything is healed, and
// what is then on the disks is held against what was acknowledged.

import { sleep } from '../system/harness/until.ts';
import { audits } from './checks/audits.ts';
import { countDiverged, equalHeads } from './checks/equal-heads.ts';
import type { Check } from './checks/evidence.ts';
import { countExactly, exactlyOnce } from './checks/exactly-once.ts';
import { readingsKept } from './checks/readings-kept.ts';
import { receipts } from './checks/receipts.ts';
import { unbiddenEnds } from './checks/unbidden-ends.ts';
import { collect, heal, untilReceiptOver } from './healing.ts';
import type { LongRunOptions } from './long-run.ts';
import { Oracle } from './oracle.ts';
import { runSchedule } from './schedule.ts';
import { keepTown, razeTown } from './town/keep.ts';
import { buildTown, type Town } from './town/town.ts';

export type SoakReport = {
  readonly minutes: number;
  readonly seed: number;
  /** How often each kind has struck. */
  readonly faults: Readonly<Record<string, number>>;
  /** Batches on the chain. */
  readonly batches: number;
  /** Acknowledged entries that a member lacks, and those that a member has twice. */
  readonly lost: number;
  readonly doubled: number;
  /** Members with other blocks than the first. */
  readonly diverged: number;
  readonly problems: readonly string[];
};

const lookEveryMs = 500;
const checks: readonly Check[] = [
  unbiddenEnds,
  exactlyOnce,
  readingsKept,
  equalHeads,
  receipts,
  audits,
];

/** @throws what kept it from coming to an end; then, too, everything is kept. */
export async function soak(options: LongRunOptions): Promise<SoakReport> {
  const oracle = new Oracle();
  const town = await buildTown(options.dir, oracle);
  try {
    const report = await run(town, oracle, options);
    if (report.problems.length === 0) await razeTown(town);
    else await keepTown(town);
    return report;
  } catch (error) {
    await keepTown(town);
    throw error;
  }
}

async function run(
  town: Town,
  oracle: Oracle,
  { minutes, seed, tell }: LongRunOptions,
): Promise<SoakReport> {
  await Promise.all(town.sites.map((site) => site.start()));
  const looking = look(town, oracle, tell);
  await untilReceiptOver(town, 2);
  tell('five gateways run, and have a receipt');
  const counts = await strike(town, { minutes, seed, tell });
  await heal(town, tell);
  await looking.end();
  const evidence = await collect(town, oracle);
  tell(`all have ended; ${evidence.acknowledged.size} entries were seen to be acknowledged`);
  const problems = (await Promise.all(checks.map((check) => check(evidence)))).flat();
  const { batches, lost, doubled } = countExactly(evidence);
  const faults = Object.fromEntries(counts);
  const diverged = countDiverged(evidence);
  return { minutes, seed, faults, batches, lost, doubled, diverged, problems };
}

async function strike(
  town: Town,
  { minutes, ...rest }: Pick<LongRunOptions, 'minutes' | 'seed' | 'tell'>,
): Promise<ReadonlyMap<string, number>> {
  const endMs = performance.now() + minutes * 60_000;
  const schedule = runSchedule(town, { ...rest, isOver: () => performance.now() > endMs });
  await schedule.done;
  return schedule.counts;
}

/** Looks at each gateway twice a second; starts again what has ended by itself. */
function look(town: Town, oracle: Oracle, tell: (line: string) => void) {
  let isOver = false;
  const lookAt = async (site: Town['sites'][number]): Promise<void> => {
    while (!isOver) {
      await sleep(lookEveryMs);
      const seen = await site.look();
      if (seen === 'up') await oracle.look(site);
      if (seen !== 'ended') continue;
      tell(`${site.name} ended by itself: ${oracle.unbiddenEnds.at(-1)?.lastWords}`);
      await site.start();
    }
  };
  const done = Promise.all(town.sites.map(lookAt));
  // Told by `end`.
  done.catch(() => {});
  return {
    end: async () => {
      isOver = true;
      await done;
    },
  };
}
