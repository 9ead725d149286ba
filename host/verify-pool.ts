// SPDX-License-Identifier: Apache-2.0
// Verifies signatures in threads of their own, many in one message to a thread. What is asked for
// while the threads are busy waits, up to a limit, and goes together. A thread that ends ends the
// pool: nobody knows what it would have said.

import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { messageOf, TielineError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { isVerifiable, packChecks, type SignatureCheck } from './verify-message.ts';

export type { SignatureCheck } from './verify-message.ts';

type Job = {
  readonly checks: readonly SignatureCheck[];
  readonly resolve: (verdicts: readonly boolean[]) => void;
  readonly reject: (error: unknown) => void;
};

type Thread = { readonly worker: Worker; readonly underWay: (readonly Job[])[] };

/** One is worked on, the next is there when it is done. */
const messagesPerThread = 2;

export class VerifyPool {
  readonly #threads: readonly Thread[];
  readonly #waitingMax: number;
  readonly #waiting: Job[] = [];
  #waitingCount = 0;
  #scheduled = false;
  #failure: unknown;
  #closed = false;

  constructor(options: { readonly threads?: number; readonly waitingMax?: number } = {}) {
    const { threads = availableParallelism(), waitingMax = limits.signatureChecksMax } = options;
    this.#waitingMax = waitingMax;
    this.#threads = Array.from({ length: threads }, () => this.#start());
  }

  /**
   * One verdict for each, in order.
   * @throws TielineError `verify-busy` (transient) with too many waiting; `verify-thread` (fatal).
   */
  verify(checks: readonly SignatureCheck[]): Promise<readonly boolean[]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (!checks.every(isVerifiable)) return this.#verifySome(checks);
    if (checks.length === 0) return Promise.resolve([]);
    if (this.#waitingCount + checks.length > this.#waitingMax) {
      const busy = new TielineError('verify-busy', 'more signatures than can be verified', {
        retry: 'transient',
      });
      return Promise.reject(busy);
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ checks, resolve, reject });
      this.#waitingCount += checks.length;
      this.#schedule();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
    this.#fail(new TielineError('verify-closed', 'the threads that verify have ended'));
  }

  async #verifySome(checks: readonly SignatureCheck[]): Promise<readonly boolean[]> {
    const verdicts = await this.verify(checks.filter(isVerifiable));
    let next = 0;
    return checks.map((check) => isVerifiable(check) && verdicts[next++] === true);
  }

  /** What comes in one turn of the loop goes together. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#send();
    });
  }

  #send(): void {
    while (this.#waiting.length > 0) {
      const [thread] = [...this.#threads].sort((a, b) => a.underWay.length - b.underWay.length);
      if (thread === undefined || thread.underWay.length >= messagesPerThread) return;
      const jobs = this.#takeJobs();
      const packed = packChecks(jobs.flatMap(({ checks }) => checks));
      thread.underWay.push(jobs);
      thread.worker.postMessage(packed, [packed.buffer]);
    }
  }

  /** At least one; as many as fit into a message, and leave work for the other threads. */
  #takeJobs(): readonly Job[] {
    const share = Math.ceil(this.#waitingCount / this.#threads.length);
    const most = Math.min(limits.signatureChecksTogether, share);
    let count = 0;
    let jobs = 0;
    while (jobs < this.#waiting.length && (jobs === 0 || count < most)) {
      count += this.#waiting[jobs]?.checks.length ?? 0;
      jobs += 1;
    }
    this.#waitingCount -= count;
    return this.#waiting.splice(0, jobs);
  }

  #start(): Thread {
    // Beside this file under the same extension: .ts in a checkout, .js in a package.
    const file = `./verify-worker${extname(import.meta.url)}`;
    const worker = new Worker(new URL(file, import.meta.url), { name: 'verify' });
    const underWay: (readonly Job[])[] = [];
    worker.on('message', (verdicts: Uint8Array) => {
      let at = 0;
      for (const { checks, resolve } of underWay.shift() ?? []) {
        resolve(Array.from(verdicts.subarray(at, at + checks.length), (one) => one === 1));
        at += checks.length;
      }
      this.#send();
    });
    worker.on('error', (cause) => this.#fail(ended(cause)));
    worker.once('exit', () => {
      if (!this.#closed) this.#fail(ended(undefined));
    });
    return { worker, underWay };
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    const jobs = this.#threads.flatMap(({ underWay }) => underWay.splice(0)).flat();
    for (const { reject } of [...jobs, ...this.#waiting.splice(0)]) reject(this.#failure);
  }
}

function ended(cause: unknown): TielineError {
  const reason = cause === undefined ? '' : `: ${messageOf(cause)}`;
  return new TielineError('verify-thread', `a thread that verifies signatures ended${reason}`, {
    retry: 'fatal',
    cause,
  });
}
