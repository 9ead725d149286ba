// SPDX-License-Identifier: Apache-2.0
// A program that lets faults strike for as long as one likes, in namespaces of its own, and says
// whether what was promised was kept.

import { parseArgs } from 'node:util';
import { messageOf, TielineError } from '../../base/errors.ts';
import { run } from '../../host/exit.ts';
import { seedOfRun } from '../system/harness/random.ts';
import { isolatedDir, runIsolated } from './town/isolate.ts';

export type LongRunOptions = {
  readonly dir: string;
  readonly minutes: number;
  readonly seed: number;
  readonly tell: (line: string) => void;
};

type Problems = { readonly problems: readonly string[] };

export type LongRun<Report extends Problems> = {
  /** As `npm run -s NAME`. */
  readonly name: string;
  /** Of the program, which is run once more. */
  readonly file: string;
  readonly help: string;
  readonly minutes: { readonly isSound: (minutes: number) => boolean; readonly text: string };
  /** What can be run, by the word that is given; with one of no name none is. */
  readonly scenes: Readonly<Record<string, (options: LongRunOptions) => Promise<Report>>>;
  /** For people. */
  readonly textOf: (report: Omit<Report, 'problems'>) => string;
};

const startMs = performance.now();

function tell(line: string): void {
  const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
  process.stderr.write(`${seconds.padStart(7)} s  ${line}\n`);
}

/** Ends the process as the help says. */
export async function runLong<Report extends Problems>(program: LongRun<Report>): Promise<void> {
  await run((ending) => main(program, ending));
}

async function main<Report extends Problems>(
  program: LongRun<Report>,
  ending: AbortSignal,
): Promise<number> {
  try {
    const words = readWords(program);
    if (words.help) {
      process.stdout.write(`${program.help}\n`);
      return 0;
    }
    const dir = isolatedDir();
    if (dir !== undefined) return await runInside(program, dir, words);
    return await runIsolated(program.file, process.argv.slice(2), ending);
  } catch (error) {
    const isUsage = error instanceof TielineError || error instanceof TypeError;
    const text = isUsage ? messageOf(error) : ((error as Error).stack ?? '');
    process.stderr.write(`${program.name}: ${text}\n`);
    return isUsage ? 2 : 1;
  }
}

function readWords<Report extends Problems>({ name, minutes: range, scenes }: LongRun<Report>) {
  const usage = (text: string) => new TielineError(`${name}-usage`, text);
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      minutes: { type: 'string', default: '30' },
      seed: { type: 'string', default: String(seedOfRun()) },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  });
  const names = Object.keys(scenes);
  const [scene = ''] = positionals;
  if (!values.help && (positionals.length > 1 || !names.includes(scene))) {
    const named = names.filter((one) => one !== '').join(' or ');
    throw usage(named === '' ? `\`${scene}\` is not known` : `name what is to be struck: ${named}`);
  }
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
  if (!range.isSound(minutes) || minutes > 10_000) throw usage(range.text);
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 31) {
    throw usage('--seed is a whole number below 2,147,483,648');
  }
  return { ...values, minutes, seed, scene };
}

async function runInside<Report extends Problems>(
  { name, scenes, textOf }: LongRun<Report>,
  dir: string,
  words: ReturnType<typeof readWords>,
): Promise<number> {
  const { minutes, seed, scene } = words;
  tell(`seed ${seed}, ${minutes} minutes, in ${dir}`);
  const named = scene === '' ? '' : `${scene} `;
  const again = `npm run -s ${name} -- ${named}--minutes ${minutes} --seed ${seed}`;
  try {
    const strike = scenes[scene];
    if (strike === undefined) throw new Error(`a scene ${scene}`);
    const { problems, ...report } = await strike({ dir, minutes, seed, tell });
    process.stdout.write(`${words.json ? JSON.stringify(report) : textOf(report)}\n`);
    if (problems.length === 0) return 0;
    for (const problem of problems) tell(problem);
  } catch (error) {
    tell((error as Error).stack ?? '');
    tell(`caused by: ${messageOf((error as Error).cause)}`);
  }
  tell(`kept in ${dir}; the same schedule again: ${again}`);
  return 1;
}

/** One line a kind, then the sums. */
export function struckText(faults: Readonly<Record<string, number>>, sums: string): string {
  const struck = Object.entries(faults).map(
    ([kind, times]) => `${String(times).padStart(6)} ${kind}`,
  );
  return [...struck, sums].join('\n');
}
