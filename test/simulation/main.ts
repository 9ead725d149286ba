// SPDX-License-Identifier: Apache-2.0
// `npm run -s simulate`: the sidechain's members in a simulated world, from seeds; the same with known bugs
// put in; and the scenario files of etcd-io/raft.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { messageOf, TielineError } from '../../base/errors.ts';
import { runScenario } from '../scenario/run-scenario.ts';
import { checkMutants } from './mutants/check-mutants.ts';
import { runSeed, type Watcher } from './run-seed.ts';
import { simulate } from './simulate.ts';
import { traceLine } from './trace.ts';

const help = `usage: npm run -s simulate -- --seeds N [--from S] [--json]
       npm run -s simulate -- --seed S [--trace]
       npm run -s simulate -- --mutants [--json]
       npm run -s simulate -- --scenario FILE

  --seeds N        runs the N worlds of the seeds from S on (1)
  --seed S         runs one world; with --trace says all that happens in it
  --mutants        puts known bugs into the core, one at a time, and looks whether each is noticed
  --scenario FILE  runs a data file of etcd-io/raft (rafttest) against our core
  --json           one JSON object on standard output; the rest goes to standard error
  --help           show this

Ends with 0 if all is well, with 1 if a promise was broken, a bug was not noticed, or a scenario
came out differently, with 2 if it was not called like this.`;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

type Words = ReturnType<typeof readWords>;

function readWords() {
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string' },
      from: { type: 'string' },
      seed: { type: 'string' },
      scenario: { type: 'string' },
      trace: flag,
      mutants: flag,
      json: flag,
      help: { ...flag, short: 'h' },
    },
  });
  const asked = [values.seeds, values.seed, values.scenario].filter((one) => one !== undefined);
  if (asked.length + Number(values.mutants) !== 1 && !values.help) {
    throw usageError('say one of --seeds, --seed, --mutants and --scenario');
  }
  return values;
}

function usageError(text: string): TielineError {
  return new TielineError('simulate-usage', text);
}

function countOf(name: string, text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 0 && count < 2 ** 32) return count;
  throw usageError(`--${name} is a whole number from 0 to 4,294,967,295`);
}

async function runSeeds(words: Words, count: number): Promise<number> {
  const report = await simulate({ from: countOf('from', words.from ?? '1'), count, tell });
  const { seeds, violations, virtualHours, faults } = report;
  if (words.json) {
    say(JSON.stringify(report));
  } else {
    say(`${seeds} seeds, ${virtualHours} virtual hours, ${violations} broken promises`);
    for (const [kind, times] of Object.entries(faults)) say(`${String(times).padStart(9)} ${kind}`);
  }
  return violations === 0 ? 0 : 1;
}

async function runOne(words: Words, seed: number): Promise<number> {
  const watch: Watcher = (happening, nowMs) => say(traceLine(happening, nowMs));
  const { violation, ...rest } = await runSeed(seed, words.trace ? { watch } : {});
  if (words.json) say(JSON.stringify({ ...rest, violation: violation ?? null }));
  else
    say(
      violation === undefined
        ? `seed ${seed}: all is well`
        : `seed ${seed}: ${violation.invariant}: ${violation.message}`,
    );
  return violation === undefined ? 0 : 1;
}

async function runMutants(words: Words): Promise<number> {
  const { mutants, caught } = await checkMutants(words.json ? tell : say);
  say(words.json ? JSON.stringify({ mutants, caught }) : `${caught} of ${mutants} noticed`);
  return caught === mutants ? 0 : 1;
}

function readScenario(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw usageError(`${path} cannot be read: ${messageOf(error)}`);
  }
}

function runFile(path: string): number {
  const { caseCount, difference } = runScenario(readScenario(path));
  if (difference === undefined) {
    say(`${path}: ${caseCount} cases as expected`);
    return 0;
  }
  const { line, command, expected, actual } = difference;
  say(`${path}:${line}: ${command}`);
  say(`  expected: ${expected ?? '(nothing more)'}`);
  say(`  actual:   ${actual ?? '(nothing more)'}`);
  return 1;
}

async function main(): Promise<number> {
  try {
    const words = readWords();
    if (words.help) {
      say(help);
      return 0;
    }
    if (words.seeds !== undefined) return await runSeeds(words, countOf('seeds', words.seeds));
    if (words.seed !== undefined) return await runOne(words, countOf('seed', words.seed));
    if (words.scenario !== undefined) return runFile(words.scenario);
    return await runMutants(words);
  } catch (error) {
    const isTold = error instanceof TielineError || error instanceof TypeError;
    tell(`simulate: ${isTold ? messageOf(error) : ((error as Error).stack ?? '')}`);
    const isScenario = error instanceof TielineError && error.code === 'scenario';
    return isTold && !isScenario ? 2 : 1;
  }
}

process.exitCode = await main();
