// SPDX-License-Identifier: Apache-2.0
// Whether the simulation notices what it is there for: each mutant runs through the seeds from the
// first on, until some invariant breaks.

import { TielineError } from '../../../base/errors.ts';
import { type Job, runJob, runJobs } from '../run-jobs.ts';
import { climateOf, type Outcome, type WorldKind } from '../run-seed.ts';
import { mutants } from './catalogue.ts';
import type { Mutant } from './mutant.ts';

/** A bug that shows in none of so many worlds is not noticed. */
const seedsMax = 20_000;

export async function checkMutants(
  tell: (line: string) => void,
): Promise<{ readonly mutants: number; readonly caught: number }> {
  const all = Array.from({ length: seedsMax }, (_, i) => i + 1);
  const jobs = mutants.map(({ name, world: kind = 'cores', climate }) => {
    const isFit = (seed: number) => climate === undefined || climateOf(seed, kind) === climate;
    const seeds = all.filter(isFit);
    return { seeds, kind, mutantName: name, untilViolation: true };
  });
  const results = await runJobs(jobs, ({ mutantName }: Job, outcomes) => {
    const mutant = mutants.find(({ name }) => name === mutantName);
    if (mutant !== undefined) tell(lineOf(mutant, outcomes));
  });
  const noticed = jobs.flatMap(({ kind }, i) => {
    const end = results[i]?.at(-1);
    return end?.violation === undefined ? [] : [{ kind, seed: end.seed }];
  });
  for (const kind of ['gateways', 'cores'] as const) {
    const seeds = noticed.filter((one) => one.kind === kind).map(({ seed }) => seed);
    await checkSound([...new Set(seeds)], kind);
  }
  return { mutants: mutants.length, caught: noticed.length };
}

/** A seed that breaks in the same kind of world without any mutant proves nothing about one. */
async function checkSound(seeds: readonly number[], kind: WorldKind): Promise<void> {
  const outcomes = await runJob({ seeds, kind, mutantName: undefined, untilViolation: true });
  const broken = outcomes.find(({ violation }) => violation !== undefined);
  if (broken === undefined) return;
  const text = `seed ${broken.seed} breaks a promise without any mutant`;
  throw new TielineError('mutants-unsound', text, {
    hint: 'find out why before looking for mutants',
  });
}

function lineOf({ note, name }: Mutant, outcomes: readonly Outcome[]): string {
  const last = outcomes.at(-1);
  const how =
    last?.violation === undefined
      ? `NOT NOTICED in ${outcomes.length} seeds`
      : `${last.violation.invariant} at seed ${last.seed}`;
  return `${String(note).padStart(2)} ${name.padEnd(36)} ${how}`;
}
