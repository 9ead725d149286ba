// SPDX-License-Identifier: Apache-2.0
// `npm run -s bench`: how fast we are, each figure beside its limit on the same machine in the same
// run. A suite is a file of its own here; the table below says what there is.

import { arch, cpus, platform } from 'node:os';
import { parseArgs } from 'node:util';
import { messageOf } from '../../base/errors.ts';
import { type Case, type Effort, measure, type Result } from './measure.ts';
import { tableOf } from './table.ts';

const suites: Readonly<Record<string, () => Promise<() => Case[]>>> = {
  base: async () => (await import('./base.ts')).base,
};

const help = `usage: npm run -s bench -- [SUITE …] [--json] [--short]

  SUITE    ${Object.keys(suites).join(', ')}; all of them by default
  --json   one JSON object on standard output
  --short  seconds instead of a minute: to see that it works, not how fast it is
  --help   show this

Each figure stands beside its limit: bare calls of node:crypto on the same bytes. The two take
turns; what is shown is the median of the runs, the least and the most.`;

const thorough: Effort = { runs: 7, runMs: 250 };
const short: Effort = { runs: 3, runMs: 50 };

type Report = {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string };
  readonly effort: Effort;
  readonly suites: Readonly<Record<string, readonly Result[]>>;
};

async function report(names: readonly string[], effort: Effort): Promise<Report> {
  const results: Record<string, readonly Result[]> = {};
  for (const name of names) {
    const cases = (await suites[name]?.())?.() ?? [];
    results[name] = cases.map((one) => measure(one, effort));
  }
  const [cpu] = cpus();
  return {
    machine: {
      cpu: cpu?.model.trim() || `${platform()} ${arch()}`,
      cores: cpus().length,
      node: process.versions.node,
    },
    effort,
    suites: results,
  };
}

function asText({ machine, effort, suites: results }: Report): string {
  return [
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`,
    `median (least–most) of ${effort.runs} runs of ${effort.runMs} ms, calls per second`,
    ...Object.entries(results).map(([name, rows]) => `\n${name}\n${tableOf(rows)}`),
  ].join('\n');
}

function readWords(): { values: Record<string, boolean>; positionals: string[] } {
  const flag = { type: 'boolean', default: false } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: flag, short: flag, help: { ...flag, short: 'h' } },
  });
  const unknown = positionals.find((name) => !Object.hasOwn(suites, name));
  if (unknown !== undefined) throw new Error(`No suite is called ${unknown}`);
  return { values, positionals };
}

async function main(): Promise<number> {
  let words: ReturnType<typeof readWords>;
  try {
    words = readWords();
  } catch (error) {
    process.stderr.write(`bench: ${messageOf(error)}\n\n${help}\n`);
    return 2;
  }
  const { values, positionals } = words;
  if (values.help) {
    process.stdout.write(`${help}\n`);
    return 0;
  }
  const names = positionals.length > 0 ? positionals : Object.keys(suites);
  const made = await report(names, values.short ? short : thorough);
  process.stdout.write(`${values.json ? JSON.stringify(made) : asText(made)}\n`);
  return 0;
}

process.exitCode = await main();
