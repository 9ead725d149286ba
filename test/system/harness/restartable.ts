// SPDX-License-Identifier: Apache-2.0
// A program under test, as a process of its own that can be killed, paused and started again. What it says is
// kept over all its lives.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

const readyTimeoutMs = 180_000;
const endTimeoutMs = 30_000;

export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type Command = {
  readonly name: string;
  readonly file: string;
  readonly words: readonly string[];
  /** Whether this line says that it serves. */
  readonly isReady: (line: string) => boolean;
};

/** A line of the log, as the programs write it where no person watches. */
export type LogLine = Readonly<Record<string, unknown>>;

export class Restartable {
  readonly #command: Command;
  #process: ChildProcess | undefined;
  #ended: Promise<Ended> = Promise.resolve({ code: null, signal: null });
  /** What this life has said, and what all before it have. */
  #said = '';
  #saidBefore = '';

  constructor(command: Command) {
    this.#command = command;
  }

  /** Standard output and error of all its lives. */
  get said(): string {
    return this.#saidBefore + this.#said;
  }

  /** Lines of its log with this event, over all its lives. */
  events(event: string): readonly LogLine[] {
    return this.said.split('\n').flatMap((line) => {
      if (!line.startsWith('{') || !line.includes(`"${event}"`)) return [];
      const parsed = JSON.parse(line) as LogLine;
      return parsed.event === event ? [parsed] : [];
    });
  }

  get isRunning(): boolean {
    return this.#process !== undefined;
  }

  /** Starts it without waiting. */
  launch(): void {
    if (this.#process !== undefined) throw new Error(`${this.#command.name} runs already`);
    const { file, words } = this.#command;
    const child = spawn(file, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#saidBefore += this.#said;
    this.#said = '';
    const hear = (chunk: Buffer): void => {
      this.#said += chunk.toString();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    this.#process = child;
    this.#ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        this.#process = undefined;
        resolve({ code, signal });
      });
    });
    this.#ended.catch(() => {});
  }

  /** Starts it and waits until it serves. @returns the line that said so. */
  async start(): Promise<string> {
    this.launch();
    return this.ready();
  }

  async ready(): Promise<string> {
    const deadlineMs = performance.now() + readyTimeoutMs;
    while (performance.now() < deadlineMs) {
      const line = this.#said.split('\n').slice(0, -1).find(this.#command.isReady);
      if (line !== undefined) return line;
      if (this.#process === undefined) break;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`${this.#command.name} does not serve: ${this.#said.slice(-2_000)}`);
  }

  /** Waits until it ends by itself; kills it where it does not. */
  async end(timeoutMs = endTimeoutMs): Promise<Ended & { readonly said: string }> {
    const timer = setTimeout(() => this.signal('SIGKILL'), timeoutMs);
    const ended = await this.#ended;
    clearTimeout(timer);
    return { ...ended, said: this.#said };
  }

  /** Asks it to end, and waits until it has. */
  stop(): Promise<Ended & { readonly said: string }> {
    this.signal('SIGTERM');
    return this.end();
  }

  /** Ends it on the spot, as a power cut would. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#ended.catch(() => {});
  }

  /** SIGSTOP makes it silent without closing anything, SIGCONT lets it go on. */
  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }
}

/** Runs a program to its end. */
export async function runToEnd(
  file: string,
  words: readonly string[],
  { timeoutMs = 120_000 }: { readonly timeoutMs?: number } = {},
): Promise<{ readonly code: number | null; readonly out: string; readonly errors: string }> {
  const child = spawn(file, words, { stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs });
  let [out, errors] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    errors += String(chunk);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, errors };
}
