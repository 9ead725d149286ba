// SPDX-License-Identifier: Apache-2.0
// A gateway that could not reach its centre for days: how long the summaries of all these days take to be
// stored there once it can, and what gateway and centre take of memory meanwhile. Its chain is made by
// what makes one in a gateway, in virtual time; then gateway, broker and centre are processes, and a
// meter is read once a second all the while.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { limits } from '../../../base/limits.ts';
import { dispatchFiles } from '../../../dispatch/files.ts';
import { ledgerMigrations } from '../../../dispatch/store/ledger-schema.ts';
import { type Database, openDatabase } from '../../../host/sqlite.ts';
import { type Child, type Children, type Command, freePort } from '../../demo/children.ts';
import { startBroker } from '../../demo/network.ts';
import { growChain } from '../chain/long-chain.ts';
import { atSite, type Made, makeSite } from '../chain/site.ts';
import type { Figure } from '../figures.ts';
import { type Usage, usageOf } from '../footprint/usage.ts';

const dayMs = 86_400_000;
/** Three in a window of 15 minutes, which has summaries of 32 registers. */
const blockEveryMs = 5 * 60_000;
const marginMs = 60 * 60_000;
const drainMsMax = 30 * 60_000;

export function backlog(days: number): Promise<readonly Figure[]> {
  return atSite(async (children, dir) => {
    const { url: mqttUrl } = await startBroker(children, dir);
    const { centre, ledger, enrol } = await startCentre(children, { dir, mqttUrl });
    const mainLog = join(dir, 'dispatch', 'main-log.json');
    const { genesis, gateways } = await inThePast(days * dayMs + marginMs, () =>
      makeSite(children, { dir, names: ['cellar'], mqttUrl, mainLog }),
    );
    const [made] = gateways;
    if (made === undefined) throw new Error('a chain has a member');
    await enrol(genesis);
    const blocks = Math.floor((days * dayMs) / blockEveryMs);
    const wanted = await growChain(made.config, blocks, { blockEveryMs, hasSummaries: true });
    await addMeter(children, made);
    return drain({ children, days, wanted, made, centre, ledger });
  });
}

async function startCentre(
  children: Children,
  { dir: site, mqttUrl }: { readonly dir: string; readonly mqttUrl: string },
) {
  const dir = join(site, 'dispatch');
  const port = `${await freePort()}`;
  const words = ['--mqtt', mqttUrl, '--origin', 'bench.example/main', '--http-port', port];
  await children.must('dispatch', 'init', '--dir', dir, ...words);
  const config = join(dir, 'dispatch.yaml');
  const centre = await children.service('dispatch', 'dispatch', '--config', config);
  const { ledger: path, personKey } = dispatchFiles(dir);
  const api = ['--key', personKey, '--api', `http://127.0.0.1:${port}`];
  return {
    centre,
    ledger: () => openDatabase({ path, mode: 'read-only', migrations: ledgerMigrations }),
    enrol: (genesis: string) => children.must('dispatch', 'enrol', '--genesis', genesis, ...api),
  };
}

/** Programs that are started meanwhile have a clock that is so far behind. */
async function inThePast<T>(ms: number, work: () => Promise<T>): Promise<T> {
  const before = process.env.NODE_OPTIONS;
  const clock = `{const%20now=Date.now;Date.now=()=>now()-${ms}}`;
  process.env.NODE_OPTIONS = `--import=data:text/javascript,${clock}`;
  try {
    return await work();
  } finally {
    if (before === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = before;
  }
}

/** One that is read once a second, in batches of a second. */
async function addMeter(children: Children, { name, config }: Made): Promise<void> {
  const file = new URL('../bus/tcp-devices.ts', import.meta.url).pathname;
  const command = { file: process.execPath, words: [file, '1'] };
  const { ready } = await children.program('meter', command, isReady);
  const [port]: readonly number[] = JSON.parse(ready.slice('ready '.length));
  const meter = `  - name: ${name}-0\n    meter: eastron-sdm630\n    line: line-0\n`;
  const text = (await readFile(config, 'utf8'))
    .replace(/^lines: \[\]$/m, `lines:\n  - name: line-0\n    tcp: 127.0.0.1:${port}\n`)
    .replace(/^meters: \[\]$/m, `meters:\n${meter}`);
  await writeFile(config, text);
}

type Outage = {
  readonly children: Children;
  readonly days: number;
  /** Blocks with summaries. */
  readonly wanted: number;
  readonly made: Made;
  readonly centre: Child;
  readonly ledger: () => Promise<Database>;
};

async function drain(outage: Outage): Promise<readonly Figure[]> {
  const { children, wanted, made, centre } = outage;
  const ledger = await outage.ledger();
  try {
    const rested = await usageOf(centre.process.pid ?? 0);
    const startMs = performance.now();
    const gateway = await children.program(made.name, asInstalled(made), isReady);
    const begun = await usageOf(gateway.process.pid ?? 0);
    for (;;) {
      const stored = await countOf(ledger, 'SELECT count(DISTINCT height) AS count FROM summary');
      if (stored >= wanted) break;
      if (performance.now() - startMs > drainMsMax) throw new Error(`${stored} of ${wanted}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const seconds = (performance.now() - startMs) / 1_000;
    const anchors = await countOf(ledger, 'SELECT count(*) AS count FROM anchor');
    const own = await usageOf(gateway.process.pid ?? 0);
    const theirs = await usageOf(centre.process.pid ?? 0);
    return figuresOf(outage, { seconds, anchors, begun, own, rested, theirs });
  } finally {
    await ledger.close();
  }
}

/** With what the launcher tells Node for a gateway. */
function asInstalled({ config }: Made): Command {
  const launcher = new URL('../../../deploy/tieline.mjs', import.meta.url).pathname;
  return { file: process.execPath, words: [launcher, 'run', '--config', config] };
}

function isReady(line: string): boolean {
  return line.startsWith('ready ');
}

async function countOf(database: Database, sql: string): Promise<number> {
  const [row] = await database.read(sql);
  return Number(row?.count);
}

function figuresOf(
  { days, wanted }: Pick<Outage, 'days' | 'wanted'>,
  drained: {
    readonly seconds: number;
    readonly anchors: number;
    readonly begun: Usage;
    readonly own: Usage;
    readonly rested: Usage;
    readonly theirs: Usage;
  },
): readonly Figure[] {
  const { seconds, anchors, begun, own, rested, theirs } = drained;
  const of = `${days} days of backlog`;
  return [
    { name: `${of}: stored, the start of the gateway included`, unit: 's', value: seconds },
    { name: `${of}: blocks with summaries`, unit: '1/s', value: wanted / seconds },
    {
      name: `${of}: blocks with summaries on their way`,
      unit: 'at most',
      value: limits.summaryBlocksWaitingMax,
    },
    { name: `${of}: anchors taken meanwhile`, unit: 'anchors', value: anchors },
    {
      name: `${of}: memory of the gateway at most`,
      unit: 'MB',
      value: own.residentMostMb,
      beside: { 'when it had started': begun.residentMb },
    },
    {
      name: `${of}: memory of the centre at most`,
      unit: 'MB',
      value: theirs.residentMostMb,
      beside: { before: rested.residentMb },
    },
  ];
}
