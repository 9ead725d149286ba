// SPDX-License-Identifier: Apache-2.0
// Many seeds, and what is reported of them.

import { type Job, runJobs } from './run-jobs.ts';
import type { Outcome } from './run-seed.ts';

export type Report = {
  readonly seeds: number;
  readonly violations: number;
  readonly virtualHours: number;
  /** How often each was done to a world. */
  readonly faults: Readonly<Record<string, number>>;
};

export type Asked = {
  /** The first seed. */
  readonly from: number;
  readonly count: number;
  /** Told of each broken promise, and how to see it again. */
  readonly tell: (line: string) => void;
};

const seedsPerJob = 50;

export async function simulate({ from, count, tell }: Asked): Promise<Report> {
  const seeds = Array.from({ length: count }, (_, i) => from + i);
  const jobs: Job[] = [];
  for (let at = 0; at < seeds.length; at += seedsPerJob) {
    const part = seeds.slice(at, at + seedsPerJob);
    jobs.push({ seeds: part, mutantName: undefined, untilViolation: false });
  }
  const outcomes = (await runJobs(jobs)).flat();
  const broken = outcomes.flatMap(({ seed, violation }) =>
    violation === undefined ? [] : [{ seed, ...violation }],
  );
  for (const { seed, invariant, message } of broken) {
    tell(`seed ${seed}: ${invariant}: ${message}`);
    tell(`  see it again: npm run -s simulate -- --seed ${seed} --trace`);
  }
  const virtualMs = outcomes.reduce((sum, outcome) => sum + outcome.virtualMs, 0);
  return {
    seeds: outcomes.length,
    violations: broken.length,
    virtualHours: Math.round(virtualMs / 36_000) / 100,
    faults: sumOf(outcomes),
  };
}

function sumOf(outcomes: readonly Outcome[]): Record<string, number> {
  const sum = new Map<string, number>();
  for (const { faults } of outcomes) {
    for (const [kind, times] of Object.entries(faults)) sum.set(kind, (sum.get(kind) ?? 0) + times);
  }
  return Object.fromEntries([...sum].sort(([a], [b]) => (a < b ? -1 : 1)));
}
