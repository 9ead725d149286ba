// SPDX-License-Identifier: Apache-2.0
// `npm run -s bench`: how fast we are, each figure beside its limit on the same machine in the same
// run. A suite is a file of its own here; the table below says what there is.

import { arch, cpus, platform } from 'node:os';
import { parseArgs } from 'node:util';
import { messageOf } from '../../base/errors.ts';
import { type Figure, figuresText } from './figures.ts';
import { type Case, type Effort, measure } from './measure.ts';
import { tableOf } from './table.ts';

/** What a suite has measured, for machines and for people. */
type Measured = { readonly results: readonly unknown[]; readonly text: string };

const suites: Readonly<Record<string, (effort: Effort) => Promise<Measured>>> = {
  base: async (effort) => rates((await import('./base.ts')).base(), effort),
  bus: async (effort) => figures(await (await import('./bus.ts')).bus(effort)),
  consortium: async (effort) => figures(await (await import('./consortium.ts')).consortium(effort)),
  failover: async (effort) => figures(await (await import('./failover.ts')).failover(effort)),
  footprint: async (effort) => figures(await (await import('./footprint.ts')).footprint(effort)),
  height: async (effort) => figures(await (await import('./height.ts')).height(effort)),
  history: async (effort) => figures(await (await import('./history.ts')).history(effort)),
  ingest: async (effort) => figures(await (await import('./ingest.ts')).ingest(effort)),
  ledger: async (effort) => figures(await (await import('./ledger.ts')).ledger(effort)),
  uplink: async (effort) => figures(await (await import('./uplink.ts')).uplink(effort)),
};

function figures(results: readonly Figure[]): Measured {
  return { results, text: figuresText(results) };
}

function rates(cases: readonly Case[], effort: Effort): Measured {
  const results = cases.map((one) => measure(one, effort));
  const { runs, runMs } = effort;
  const head = `median (least–most) of ${runs} runs of ${runMs} ms, calls per second`;
  return { results, text: `${head}\n${tableOf(results)}` };
}

const help = `usage: npm run -s bench -- [SUITE …] [--json] [--short]

  SUITE    ${Object.keys(suites).join(', ')}; all of them by default
  --json   one JSON object on standard output
  --short  a tenth of the time: to see that it works, not how fast it is
  --help   show this

base: each figure stands beside its limit, bare calls of node:crypto on the same bytes. The two take
turns; what is shown is the median of the runs, the least and the most.
failover, ledger: three members, each a process, beside three members of etcd. Two and five minutes;
they need what deploy/dev-setup installs.
uplink: bytes, which do not depend on the machine; and how long a gateway takes to bring up what a
month without its centre left behind, a day with --short. Ten minutes.
ingest: fleets of 1,000 to 100,000 chains before the centre, short of 100; half an hour, most of it
to make them. It tells what it is at, and needs what deploy/dev-setup installs.
height: a chain of a million blocks (of 50 000 with --short); ten minutes, and 2 GB in /var/tmp.
consortium: four nodes with their engines, a broker and the sender share this machine; a minute.
bus: beside what no master can do faster, and beside other masters. Takes a quarter of an hour,
short five minutes, tells what it is at, and needs what deploy/dev-setup installs. Other work on the
machine takes time from the simulated devices, too; as root, chrt -r 10 npm run -s bench -- bus
goes before it.`;

const thorough: Effort = { runs: 7, runMs: 250 };
const short: Effort = { runs: 3, runMs: 50 };

type Report = {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string };
  readonly effort: Effort;
  readonly suites: Readonly<Record<string, Measured>>;
};

async function report(names: readonly string[], effort: Effort): Promise<Report> {
  const measured: Record<string, Measured> = {};
  for (const name of names) {
    const made = await suites[name]?.(effort);
    if (made !== undefined) measured[name] = made;
  }
  const [cpu] = cpus();
  return {
    machine: {
      cpu: cpu?.model.trim() || `${platform()} ${arch()}`,
      cores: cpus().length,
      node: process.versions.node,
    },
    effort,
    suites: measured,
  };
}

function asJson({ machine, effort, suites: measured }: Report): string {
  const results = Object.entries(measured).map(([name, made]) => [name, made.results]);
  return JSON.stringify({ machine, effort, suites: Object.fromEntries(results) });
}

function asText({ machine, suites: measured }: Report): string {
  return [
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`,
    ...Object.entries(measured).map(([name, { text }]) => `\n${name}\n${text}`),
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
  process.stdout.write(`${values.json ? asJson(made) : asText(made)}\n`);
  return 0;
}

process.exitCode = await main();
