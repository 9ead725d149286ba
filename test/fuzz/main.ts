// SPDX-License-Identifier: Apache-2.0
// `npm run -s fuzz`: every decoder of the project, under bytes that faults and attackers make.

import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../../base/errors.ts';
import type { Crash } from './decoder.ts';
import { decoders } from './decoders.ts';
import type { Report, Work } from './worker.ts';

const help = `usage: npm run -s fuzz -- --decoder all|NAME --runs N [--seed S] [--json]

  --decoder NAME  one of: ${decoders.map(({ name }) => name).join(', ')}; or all (all)
  --runs N        inputs for each (1000)
  --seed S        another number, other inputs; the same, the same (1)
  --json          one JSON object on standard output; the rest goes to standard error
  --help          show this

A crash is what throws, what takes seconds, what hangs, and what needs more than 512 MB.
Ends with 0 if there is none, with 1 if there are, with 2 if it was not called like this.`;

const heapMegabytesMax = 512;
const hangMs = 20_000;
const lookMs = 1_000;

/** Each name is fuzzed, also those behind one that hangs. */
async function fuzzAll(names: readonly string[], runs: number, seed: number): Promise<Crash[]> {
  const crashes: Crash[] = [];
  const done: string[] = [];
  while (done.length < names.length) {
    const left = names.slice(done.length);
    const progress = new Int32Array(new SharedArrayBuffer(8));
    const end = await watched({ names: left, runs, seed, progress }, (report) => {
      done.push(report.name);
      crashes.push(...report.crashes);
      process.stderr.write(`${report.name}: ${report.crashes.length} crashes\n`);
    });
    if (done.length === names.length) break;
    const decoder = names[done.length] ?? '';
    const run = Atomics.load(progress, 1);
    crashes.push({ decoder, run, problem: end ?? 'it never answered', inputHex: '' });
    done.push(decoder);
  }
  return crashes;
}

/** undefined where it came to its end, else why it did not. */
async function watched(
  work: Work,
  onReport: (report: Report) => void,
): Promise<string | undefined> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: work,
    resourceLimits: { maxOldGenerationSizeMb: heapMegabytesMax },
  });
  let problem: string | undefined;
  worker.on('message', onReport);
  worker.on('error', (error) => {
    problem = messageOf(error);
  });
  let [last, sinceMs] = ['', performance.now()];
  const timer = setInterval(() => {
    const now = work.progress.join();
    if (now !== last) [last, sinceMs] = [now, performance.now()];
    if (performance.now() - sinceMs < hangMs) return;
    problem = `it hung for ${hangMs / 1_000} s`;
    void worker.terminate();
  }, lookMs);
  await once(worker, 'exit');
  clearInterval(timer);
  return problem;
}

function readWords() {
  const { values } = parseArgs({
    options: {
      decoder: { type: 'string', default: 'all' },
      runs: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  });
  const number = (name: 'runs' | 'seed') => {
    if (/^\d{1,9}$/.test(values[name])) return Number(values[name]);
    throw new Error(`--${name} is a whole number, not ${values[name]}`);
  };
  const names = decoders.map(({ name }) => name);
  const asked = values.decoder === 'all' ? names : names.filter((name) => name === values.decoder);
  if (asked.length === 0) throw new Error(`there is no decoder ${values.decoder}`);
  const { json, help: wantsHelp } = values;
  return { names: asked, runs: number('runs'), seed: number('seed'), json, wantsHelp };
}

async function main(): Promise<number> {
  const { names, runs, seed, json, wantsHelp } = readWords();
  if (wantsHelp) {
    process.stdout.write(`${help}\n`);
    return 0;
  }
  const crashes = await fuzzAll(names, runs, seed);
  const figures = { decoders: names.length, runs: names.length * runs, seed };
  for (const { decoder, run, problem, inputHex } of json ? [] : crashes) {
    process.stdout.write(`${decoder}, run ${run}: ${problem}\n  ${inputHex}\n`);
  }
  const found = json && crashes.length > 0 ? { found: crashes } : {};
  process.stdout.write(`${JSON.stringify({ ...figures, crashes: crashes.length, ...found })}\n`);
  return crashes.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`fuzz: ${messageOf(error)}\n\n${help}\n`);
  process.exitCode = 2;
}
