// SPDX-License-Identifier: Apache-2.0
// `npm run -s faults`: a centre under faults for as long as one likes, and whether it has kept what
// it promised, once.

import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { messageOf, TielineError } from '../../base/errors.ts';
import { run } from '../../host/exit.ts';
import { isolatedDir, runIsolated } from '../soak/town/isolate.ts';
import { seedOfRun } from '../system/harness/random.ts';
import { consortiumUnderFaults } from './consortium.ts';
import { dispatchUnderFaults, type FaultsReport } from './dispatch.ts';

const help = `usage: npm run -s faults -- dispatch|consortium [--minutes N] [--seed S] [--json]

  dispatch      one node with PostgreSQL, a broker, chains that report, and thieves
  consortium    four nodes with their engines, killed in turn, and one that lies

  --minutes N   how long faults strike (30); each kind strikes once at least
  --seed S      which faults strike when; else a new one
  --json        one JSON object on standard output; the rest goes to standard error
  --help        show this

Needs Linux, what deploy/dev-setup installs, and root or the right to make namespaces. Ends with 0
if all is well, with 1 if a promise was broken (then the data directories are kept), with 2 if it
was not called like this.`;

const scenes = { dispatch: dispatchUnderFaults, consortium: consortiumUnderFaults };
const startMs = performance.now();

function tell(line: string): void {
  const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
  process.stderr.write(`${seconds.padStart(7)} s  ${line}\n`);
}

function readWords() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      minutes: { type: 'string', default: '30' },
      seed: { type: 'string', default: String(seedOfRun()) },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  });
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
  const named = (Object.keys(scenes) as (keyof typeof scenes)[]).filter((one) =>
    positionals.includes(one),
  );
  const [scene = 'dispatch'] = named;
  if (!values.help && (named.length !== 1 || positionals.length !== 1)) {
    throw usage('name what is to be struck: dispatch or consortium');
  }
  if (!(minutes >= 0 && minutes <= 10_000)) throw usage('--minutes is a number');
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 31) {
    throw usage('--seed is a whole number below 2,147,483,648');
  }
  return { ...values, minutes, seed, scene };
}

function usage(text: string): TielineError {
  return new TielineError('faults-usage', text);
}

async function runInside(dir: string, words: ReturnType<typeof readWords>): Promise<number> {
  const { minutes, seed, scene } = words;
  tell(`seed ${seed}, ${minutes} minutes, in ${dir}`);
  const again = `npm run -s faults -- ${scene} --minutes ${minutes} --seed ${seed}`;
  try {
    const { problems, ...report } = await scenes[scene]({ dir, minutes, seed, tell });
    process.stdout.write(`${words.json ? JSON.stringify(report) : textOf(report)}\n`);
    if (problems.length === 0) {
      await rm(dir, { recursive: true, force: true }).catch(() => {});
      return 0;
    }
    for (const problem of problems) tell(problem);
  } catch (error) {
    tell((error as Error).stack ?? '');
    tell(`caused by: ${messageOf((error as Error).cause)}`);
  }
  tell(`kept in ${dir}; the same schedule again: ${again}`);
  return 1;
}

function textOf({ faults, receipts, summaries, lost, doubled }: Omit<FaultsReport, 'problems'>) {
  const struck = Object.entries(faults).map(
    ([kind, times]) => `${String(times).padStart(6)} ${kind}`,
  );
  const sums = `${receipts} receipts, ${summaries} summaries, ${lost} lost, ${doubled} doubled`;
  return [...struck, sums].join('\n');
}

async function main(ending: AbortSignal): Promise<number> {
  try {
    const words = readWords();
    if (words.help) {
      process.stdout.write(`${help}\n`);
      return 0;
    }
    const dir = isolatedDir();
    if (dir !== undefined) return await runInside(dir, words);
    return await runIsolated(fileURLToPath(import.meta.url), process.argv.slice(2), ending);
  } catch (error) {
    const isUsage = error instanceof TielineError || error instanceof TypeError;
    process.stderr.write(
      `faults: ${isUsage ? messageOf(error) : ((error as Error).stack ?? '')}\n`,
    );
    return isUsage ? 2 : 1;
  }
}

await run(main);
