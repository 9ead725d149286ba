// SPDX-License-Identifier: Apache-2.0
// `npm run -s fuzz`: every decoder of the project, under bytes that faults and attackers make.

import { parseArgs } from 'node:util';
import { messageOf } from '../../base/errors.ts';
import { decoders } from './decoders.ts';
import { fuzzAll } from './watch.ts';

const limits = { heapMegabytesMax: 512, residentMegabytesMax: 2_048, hangMs: 20_000 };
const { heapMegabytesMax, residentMegabytesMax, hangMs } = limits;

const help = `usage: npm run -s fuzz -- --decoder all|NAME[,NAME…] --runs N [--seed S] [--json]

  --decoder NAMES  any of: ${decoders.map(({ name }) => name).join(', ')}; or all (all)
  --runs N         inputs for each (1000)
  --seed S         another number, other inputs; the same, the same (1)
  --json           one JSON object on standard output; the rest goes to standard error
  --help           show this

A crash is what throws, what takes seconds, what hangs for ${hangMs / 1_000} s, what ends its
process, and what needs more than ${heapMegabytesMax} MB of objects or ${residentMegabytesMax}
MB in all. Each decoder's result, and how far it is, go to standard error; the last line on
standard output is a JSON object in any case. Ends with 0 if there is none, with 1 if there are,
with 2 if it was not called like this, with 130 if it was interrupted.`;

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
  const names = values.decoder === 'all' ? decoders.map(({ name }) => name) : [];
  const asked = names.length > 0 ? names : values.decoder.split(',');
  const unknown = asked.filter((name) => decoders.every((one) => one.name !== name));
  if (unknown.length > 0) throw new Error(`there is no decoder ${unknown.join(', ')}`);
  const { json, help: wantsHelp } = values;
  const those = decoders.filter(({ name }) => asked.includes(name));
  return { those, runs: number('runs'), seed: number('seed'), json, wantsHelp };
}

async function main(): Promise<number> {
  const { those, runs, seed, json, wantsHelp } = readWords();
  if (wantsHelp) {
    process.stdout.write(`${help}\n`);
    return 0;
  }
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());
  const startedMs = performance.now();
  const result = await fuzzAll({
    decoders: those,
    table: new URL('./decoders.ts', import.meta.url).href,
    ...{ runs, seed, limits, ending: ending.signal },
    say: (line) => process.stderr.write(`${line}\n`),
  });
  const { crashes, left } = result;
  for (const { decoder, run, problem, inputHex } of json ? [] : crashes) {
    process.stdout.write(`${decoder}, run ${run}: ${problem}\n  ${inputHex}\n`);
  }
  const figures = {
    decoders: those.length - left.length,
    runs: (those.length - left.length) * runs,
    seed,
    seconds: Math.round((performance.now() - startedMs) / 1_000),
    residentMegabytesMax: result.residentMegabytesMax,
    crashes: crashes.length,
    ...(left.length > 0 ? { interruptedBefore: left } : {}),
    ...(json && crashes.length > 0 ? { found: crashes } : {}),
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  if (left.length > 0) return 130;
  return crashes.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`fuzz: ${messageOf(error)}\n\n${help}\n`);
  process.exitCode = 2;
}
