// SPDX-License-Identifier: Apache-2.0
// The steps of the benchmark of the ingest, each in processes of its own, and what they are at on
// standard error: a run takes minutes, and whoever waits must see that it goes on.

import { spawn } from 'node:child_process';
import type { Prepare, Prepared, Publish, Published, Take, Taken } from './orders.ts';

const preparing = new URL('./prepare.ts', import.meta.url).pathname;
const publishing = new URL('./publish.ts', import.meta.url).pathname;
const taking = new URL('./take.ts', import.meta.url).pathname;
const begun = performance.now();

export function tell(text: string): void {
  const seconds = ((performance.now() - begun) / 1_000).toFixed(0).padStart(5);
  process.stderr.write(`${seconds} s  ${text}\n`);
}

/** On all processors, but for what one process alone can do. */
export async function prepare(what: string, order: Omit<Prepare, 'part'>): Promise<Prepared> {
  tell(what);
  const isShared = order.step !== 'enrol' && order.step !== 'centre';
  const parts = isShared ? order.files.spools.map((_, part) => part) : [0];
  const made = await Promise.all(
    parts.map((part) => child<Prepare, Prepared>([preparing], { ...order, part })),
  );
  return {
    count: made.reduce((sum, { count }) => sum + count, 0),
    seconds: Math.max(...made.map(({ seconds }) => seconds)),
  };
}

/**
 * `TIELINE_BENCH_WITH` names a command that runs the process which is measured, such as one that
 * gives it the machine alone; `TIELINE_BENCH_PROFILE` a directory for profiles of it.
 */
export async function take(what: string, order: Take): Promise<Taken> {
  tell(what);
  const before = process.env.TIELINE_BENCH_WITH;
  const profiles = process.env.TIELINE_BENCH_PROFILE;
  const profile = profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`];
  const taken = await child<Take, Taken>([...profile, taking], order, before);
  tellPace(taken);
  return taken;
}

export async function publish(what: string, order: Publish): Promise<Published> {
  tell(what);
  const published = await child<Publish, Published>([publishing], order);
  tellPace(published);
  return published;
}

function tellPace(of: Pick<Taken, 'anchors' | 'seconds' | 'p50Ms' | 'p99Ms'>): void {
  const { anchors, seconds, p50Ms, p99Ms } = of;
  const perSecond = Math.round(anchors / seconds);
  tell(`  ${anchors} anchors, ${perSecond} a second, p50 ${ms(p50Ms)}, p99 ${ms(p99Ms)}`);
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

async function child<Order, Report>(
  program: readonly string[],
  order: Order,
  before?: string,
): Promise<Report> {
  const words = [process.execPath, ...program, JSON.stringify(order)];
  const [command = '', ...rest] = before === undefined ? words : [before, ...words];
  const running = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  running.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  const ended = await new Promise<string>((resolve, reject) => {
    running.on('error', reject);
    running.on('close', (code, signal) => resolve(signal ?? String(code)));
  });
  if (ended !== '0') throw new Error(`${program.at(-1)} ended with ${ended}`);
  return JSON.parse(out) as Report;
}
