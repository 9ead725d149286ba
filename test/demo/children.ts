// SPDX-License-Identifier: Apache-2.0
// Processes of the demonstration: started, waited for until they say `ready`, and all of them ended again
// whatever happens.

import {
  type ChildProcess,
  type ChildProcessByStdio,
  type StdioOptions,
  spawn,
} from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

const tieline = new URL('../../tieline.ts', import.meta.url).pathname;
const readyTimeoutMs = 60_000;
const endTimeoutMs = 8_000;

export type Child = {
  readonly name: string;
  readonly process: ChildProcess;
  /** The line with which it said that it serves. */
  readonly ready: string;
};

export type Command = {
  readonly file: string;
  readonly words: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Whether parent and child send each other messages. */
  readonly talks?: boolean;
};

export class Children {
  readonly #logDir: string;
  readonly #running = new Set<ChildProcess>();
  readonly #killed = new Set<ChildProcess>();
  readonly #starting = new Set<ChildProcess>();
  readonly #asked = new Set<ChildProcess>();
  readonly #isApart: boolean;
  #isEnding = false;

  /**
   * @param ending from then on nothing is started, and what waits for a start is given up. Only who has it
   * hears of Ctrl-C: the processes are out of the terminal's reach, and are asked to end once.
   */
  constructor(logDir: string, ending?: AbortSignal) {
    this.#logDir = logDir;
    this.#isApart = ending !== undefined;
    ending?.addEventListener('abort', () => {
      this.#isEnding = true;
      for (const child of this.#running) this.#askToEnd(child);
      // What does not serve yet has nothing to finish.
      for (const child of this.#starting) child.kill('SIGKILL');
    });
  }

  /** Runs a command of the program to its end. @returns what it wrote to standard output. */
  async command(...words: readonly string[]): Promise<{ code: number; out: string }> {
    this.#requireGoingOn();
    const child = spawn(process.execPath, [tieline, ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: this.#isApart,
    });
    this.#keep(child);
    const [out, errors] = [textOf(child.stdout), textOf(child.stderr)];
    const code = await new Promise<number>((resolve) => {
      child.on('close', (exitCode) => resolve(exitCode ?? 1));
    });
    this.#requireGoingOn();
    if (code !== 0 && errors() !== '') process.stderr.write(errors());
    return { code, out: out() };
  }

  /** The same, for what cannot fail. */
  async must(...words: readonly string[]): Promise<void> {
    const { code } = await this.command(...words);
    if (code !== 0) throw new Error(`tieline ${words.join(' ')} failed`);
  }

  /** Starts a command of the program that goes on, and waits for its line `ready …`. */
  service(name: string, ...words: readonly string[]): Promise<Child> {
    return this.#start(name, { file: process.execPath, words: [tieline, ...words] });
  }

  /** Starts another program; `isReady` says which line tells that it serves. */
  program(name: string, command: Command, isReady: (line: string) => boolean): Promise<Child> {
    return this.#start(name, command, isReady);
  }

  /** Ends one on the spot. */
  async kill({ process: child }: Child): Promise<void> {
    this.#killed.add(child);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    if (child.kill('SIGKILL')) await ended;
  }

  /** Asks all to end, and ends those that do not. */
  async end(): Promise<void> {
    this.#isEnding = true;
    const ended = [...this.#running].map(
      (child) =>
        new Promise<void>((resolve) => {
          if (child.exitCode !== null || child.signalCode !== null) return resolve();
          const timer = setTimeout(() => child.kill('SIGKILL'), endTimeoutMs);
          child.once('exit', () => {
            clearTimeout(timer);
            resolve();
          });
          this.#askToEnd(child);
        }),
    );
    await Promise.all(ended);
  }

  async #start(
    name: string,
    command: Command,
    isReady = (line: string) => line.startsWith('ready '),
  ): Promise<Child> {
    this.#requireGoingOn();
    const child = startOf(command, this.#isApart);
    this.#keep(child);
    const log = createWriteStream(join(this.#logDir, `${name}.log`), { flags: 'a' });
    child.stderr.pipe(log);
    this.#starting.add(child);
    const ready = await firstLine(child, { name, isReady, log }).finally(() => {
      this.#starting.delete(child);
    });
    child.once('exit', (code) => {
      if (!this.#isEnding && !this.#killed.has(child))
        process.stderr.write(`${name} has ended (exit code ${code})\n`);
    });
    return { name, process: child, ready };
  }

  /** Once: a second signal would end it on the spot. */
  #askToEnd(child: ChildProcess): void {
    if (this.#asked.has(child)) return;
    this.#asked.add(child);
    child.kill('SIGTERM');
  }

  #requireGoingOn(): void {
    if (this.#isEnding) throw new Error('all of it ends');
  }

  #keep(child: ChildProcess): void {
    this.#running.add(child);
    child.once('exit', () => this.#running.delete(child));
  }
}

function startOf({ file, words, env = process.env, talks = false }: Command, detached: boolean) {
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', ...(talks ? (['ipc'] as const) : [])];
  return spawn(file, words, { stdio, env, detached }) as ChildProcessByStdio<
    null,
    Readable,
    Readable
  >;
}

function firstLine(
  child: ChildProcess & {
    readonly stdout: NodeJS.ReadableStream;
    readonly stderr: NodeJS.ReadableStream;
  },
  given: {
    readonly name: string;
    readonly isReady: (line: string) => boolean;
    readonly log: NodeJS.WritableStream;
  },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      clearTimeout(timer);
      reject(new Error(`${given.name} ${why}:\n${seen.slice(-2_000)}`));
    };
    let seen = '';
    const timer = setTimeout(() => fail(`did not start in ${readyTimeoutMs} ms`), readyTimeoutMs);
    const read = (chunk: Buffer | string): void => {
      seen += String(chunk);
      const line = seen.split('\n').slice(0, -1).find(given.isReady);
      if (line === undefined) return;
      clearTimeout(timer);
      resolve(line);
    };
    child.stdout.on('data', read);
    child.stdout.on('data', (chunk) => given.log.write(chunk));
    child.stderr.on('data', read);
    child.once('error', (error) => fail(`cannot be started (${error.message})`));
    child.once('exit', (code) => fail(`ended with exit code ${code}`));
  });
}

function textOf(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.on('data', (chunk) => {
    text += String(chunk);
  });
  return () => text;
}

const given = new Set<number>();

/**
 * A TCP port of 127.0.0.1 that was free just now. Below those that Linux gives to connections that
 * go out: none of these takes it meanwhile, nor while who listens there is down.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(15_000, 30_000);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}

/** The first of as many in a row that were free just now. */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = await freePort();
    const others = Array.from({ length: count - 1 }, (_, i) => first + 1 + i);
    const free = await Promise.all(
      others.map((port) => {
        given.add(port);
        return isFree(port);
      }),
    );
    if (free.every(Boolean)) return first;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
