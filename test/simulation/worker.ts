// SPDX-License-Identifier: Apache-2.0
// A thread that runs seeds, with a mutant in the core if it is told to, and reports each.

import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../base/assert.ts';
import { mutants } from './mutants/catalogue.ts';
import { loadMutant } from './mutants/load-mutant.ts';
import type { Job } from './run-jobs.ts';

const { seeds, kind, mutantName, untilViolation } = workerData as Job;
const mutant = mutants.find(({ name }) => name === mutantName);
assert((mutant === undefined) === (mutantName === undefined), `there is a mutant ${mutantName}`);
const checkEdits = mutant === undefined ? () => {} : loadMutant(mutant);
// Only now, so that what it loads can be edited.
const { runSeed } = await import('./run-seed.ts');
checkEdits();

for (const seed of seeds) {
  const outcome = await runSeed(seed, kind === undefined ? {} : { kind });
  parentPort?.postMessage(outcome);
  if (untilViolation && outcome.violation !== undefined) break;
}
