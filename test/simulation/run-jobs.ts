// SPDX-License-Identifier: Apache-2.0
// Seeds on as many threads as there are processors. What comes of a seed does not depend on where it runs.

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Outcome, WorldKind } from './run-seed.ts';

/** Seeds for one thread. */
export type Job = {
  readonly seeds: readonly number[];
  /** Left out: that of each seed. */
  readonly kind?: WorldKind;
  /** Of the catalogue. */
  readonly mutantName: string | undefined;
  /** No further than to the first broken promise. */
  readonly untilViolation: boolean;
};

/** A world takes a second or two: one that takes so long goes round in circles, and ends its job. */
const endlessMs = 180_000;

function endless(seed: number): Outcome {
  const message = `the world does not end within ${endlessMs / 1_000} s`;
  const violation = { invariant: 'progress', message };
  return { seed, violation, virtualMs: 0, acknowledged: 0, faults: {} };
}

/** @returns the outcomes of each job, in the order of the jobs. Rejects if a job cannot be done. */
export async function runJobs(
  jobs: readonly Job[],
  onDone: (job: Job, outcomes: readonly Outcome[]) => void = () => {},
): Promise<readonly (readonly Outcome[])[]> {
  const results: (readonly Outcome[])[] = [];
  const left = [...jobs.entries()];
  const runAll = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [place, job] = next;
      const outcomes = await runJob(job);
      results[place] = outcomes;
      onDone(job, outcomes);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, runAll));
  return results;
}

export function runJob(job: Job): Promise<readonly Outcome[]> {
  return new Promise((resolve, reject) => {
    const outcomes: Outcome[] = [];
    const worker = new Worker(new URL('worker.ts', import.meta.url), { workerData: job });
    const giveUp = (): void => {
      const seed = job.seeds[outcomes.length];
      if (seed !== undefined) outcomes.push(endless(seed));
      void worker.terminate();
    };
    const timer = setTimeout(giveUp, endlessMs);
    worker.on('message', (outcome: Outcome) => {
      outcomes.push(outcome);
      timer.refresh();
    });
    worker.on('error', reject);
    worker.on('exit', () => {
      clearTimeout(timer);
      resolve(outcomes);
    });
  });
}
