// SPDX-License-Identifier: Apache-2.0
// Decoders under fuzzing, watched from outside: whatever becomes of the process that they run in, each of
// them has a result, and there is an end.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { toHex } from '../../base/bytes.ts';
import type { Said, Work } from './child.ts';
import { type Crash, type Decoder, inputOf } from './decoder.ts';

export type FuzzLimits = {
  /** What the objects of the decoders may come to. */
  readonly heapMegabytesMax: number;
  /** What their process may come to, buffers and code with it. */
  readonly residentMegabytesMax: number;
  /** Longest time of one run. */
  readonly hangMs: number;
};

export type FuzzOptions = {
  readonly decoders: readonly Decoder[];
  /** Address of the module that exports the same decoders: processes load it anew. */
  readonly table: string;
  readonly runs: number;
  readonly seed: number;
  readonly limits: FuzzLimits;
  /** One line each: how far it is, and what came of each decoder. */
  readonly say: (line: string) => void;
  readonly ending: AbortSignal;
};

export type FuzzResult = {
  readonly crashes: readonly Crash[];
  /** Names of those that were not fuzzed to their end, because it was told to stop. */
  readonly left: readonly string[];
  readonly residentMegabytesMax: number;
};

const lookMs = 500;
const sayEveryMs = 10_000;
const troubleCharactersMax = 16_384;

/** Each is fuzzed, also those behind one that hangs, exits or eats memory. */
export async function fuzzAll(options: FuzzOptions): Promise<FuzzResult> {
  const { decoders, runs, seed, say, ending, table } = options;
  const crashes: Crash[] = [];
  let left = decoders;
  let residentMegabytesMax = 0;
  let startedMs = performance.now();
  const done = (name: string, found: readonly Crash[], how: string): void => {
    const tookMs = performance.now() - startedMs;
    crashes.push(...found);
    left = left.filter((one) => one.name !== name);
    say(`${name}: ${found.length} crashes, ${how} in ${(tookMs / 1_000).toFixed(1)} s`);
    startedMs = performance.now();
  };
  for (;;) {
    const [decoder] = left;
    if (decoder === undefined || ending.aborted) break;
    const work = { table, names: left.map(({ name }) => name), runs, seed };
    const watched = await watch(work, options, (name, found) => {
      done(name, found, found.length > 0 ? 'ended' : `${runs} runs`);
    });
    residentMegabytesMax = Math.max(residentMegabytesMax, watched.residentMegabytesMax);
    // The one that was under way: what comes behind it is fuzzed in a new process.
    const [stuck] = left;
    if (stuck === undefined || ending.aborted) break;
    const { problem, run } = watched;
    const inputHex = toHex(inputOf(stuck, { run, seed }));
    done(stuck.name, [{ decoder: stuck.name, run, problem, inputHex }], `stopped at run ${run}`);
  }
  return { crashes, left: left.map(({ name }) => name), residentMegabytesMax };
}

type Watched = {
  readonly problem: string;
  /** Of the decoder that was under way. */
  readonly run: number;
  readonly residentMegabytesMax: number;
};

/** Ends when the process has ended, whatever ends it. */
async function watch(
  work: Work,
  { limits, say, ending, runs }: FuzzOptions,
  onDone: (name: string, crashes: readonly Crash[]) => void,
): Promise<Watched> {
  const path = fileURLToPath(new URL('./child.ts', import.meta.url));
  const flags = [
    `--max-old-space-size=${limits.heapMegabytesMax}`,
    '--disable-warning=ExperimentalWarning',
  ];
  const child = spawn(process.execPath, [...flags, path, JSON.stringify(work)], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  let stopped: string | undefined;
  const stop = (why: string): void => {
    stopped ??= why;
    child.kill('SIGKILL');
  };
  const onEnding = () => stop('it was stopped');
  ending.addEventListener('abort', onEnding);

  let [name, run, changedMs, saidMs] = ['', 0, performance.now(), performance.now()];
  const lines = createInterface({ input: child.stdio[3] as Readable });
  lines.on('line', (line) => {
    const said = JSON.parse(line) as Said;
    changedMs = performance.now();
    if (said.kind === 'run') [name, run] = [said.name, said.run];
    else run = 0;
    if (said.kind === 'done') onDone(said.name, said.crashes);
  });
  let trouble = '';
  child.stderr?.on('data', (bytes) => {
    trouble = (trouble + String(bytes)).slice(-troubleCharactersMax);
  });
  let residentMegabytesMax = 0;
  const timer = setInterval(async () => {
    const megabytes = await residentMegabytes(child.pid);
    residentMegabytesMax = Math.max(residentMegabytesMax, megabytes);
    const nowMs = performance.now();
    if (megabytes > limits.residentMegabytesMax) stop(`it needed ${megabytes} MB`);
    if (nowMs - changedMs >= limits.hangMs) stop(`it hung for ${limits.hangMs / 1_000} s`);
    if (nowMs - saidMs < sayEveryMs) return;
    saidMs = nowMs;
    say(`  ${name}: run ${run} of ${runs}, ${megabytes} MB`);
  }, lookMs);
  // Not its exit: what it has said before may still be on its way.
  const [code, signal] = await once(child, 'close');
  clearInterval(timer);
  ending.removeEventListener('abort', onEnding);
  const problem = stopped ?? troubleOf(trouble) ?? `its process ended with ${signal ?? code}`;
  return { problem, run, residentMegabytesMax };
}

/** The line of what Node says that has the reason. */
function troubleOf(text: string): string | undefined {
  return /^(?:FATAL ERROR: .*|\w*Error\b.*)$/m.exec(text)?.[0];
}

async function residentMegabytes(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1_024);
}
