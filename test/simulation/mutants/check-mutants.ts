// SPDX-License-Identifier: Apache-2.0
// Whether the simulation notices what it is there for: each mutant runs through the seeds from the first on, until
// some invariant breaks.

import { type Job, runJobs } from '../run-jobs.ts';
import type { Outcome } from '../run-seed.ts';
import { mutants } from './catalogue.ts';
import type { Mutant } from './mutant.ts';

/** A bug that shows in none of so many worlds is not noticed. */
const seedsMax = 3_000;

export async function checkMutants(
  tell: (line: string) => void,
): Promise<{ readonly mutants: number; readonly caught: number }> {
  const seeds = Array.from({ length: seedsMax }, (_, i) => i + 1);
  const jobs = mutants.map(({ name }) => ({ seeds, mutantName: name, untilViolation: true }));
  const results = await runJobs(jobs, ({ mutantName }: Job, outcomes) => {
    const mutant = mutants.find(({ name }) => name === mutantName);
    if (mutant !== undefined) tell(lineOf(mutant, outcomes));
  });
  const caught = results.filter((outcomes) => outcomes.at(-1)?.violation !== undefined).length;
  return { mutants: mutants.length, caught };
}

function lineOf({ note, name }: Mutant, outcomes: readonly Outcome[]): string {
  const last = outcomes.at(-1);
  const how =
    last?.violation === undefined
      ? `NOT NOTICED in ${outcomes.length} seeds`
      : `${last.violation.invariant} at seed ${last.seed}`;
  return `${String(note).padStart(2)} ${name.padEnd(36)} ${how}`;
}
