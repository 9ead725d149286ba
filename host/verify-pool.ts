// SPDX-License-Identifier: Apache-2.0
// Verifies signatures in threads of their own, many in one message to a thread. What is asked for
// while a thread is busy waits, up to a limit, and goes together. The checks of one signer always go to the
// same thread, which has the key imported from the last time. A thread that ends ends the pool: nobody
// knows what it would have said.

import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { assert } from '../base/assert.ts';
import { messageOf, TielineError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { isVerifiable, packChecks, type SignatureCheck } from './verify-message.ts';

export type { SignatureCheck } from './verify-message.ts';

type Job = {
  readonly checks: readonly SignatureCheck[];
  readonly resolve: (verdicts: readonly boolean[]) => void;
  readonly reject: (error: unknown) => void;
};

type Thread = {
  readonly worker: Worker;
  readonly waiting: Job[];
  readonly underWay: (readonly Job[])[];
};

/** One is worked on, the next is there when it is done. */
const messagesPerThread = 2;

export class VerifyPool {
  readonly #threads: readonly Thread[];
  readonly #waitingMax: number;
  #waitingCount = 0;
  #scheduled = false;
  #failure: unknown;
  #closed = false;

  constructor(options: { readonly threads?: number; readonly waitingMax?: number } = {}) {
    const { threads = availableParallelism(), waitingMax = limits.signatureChecksMax } = options;
    this.#waitingMax = waitingMax;
    const keysMax = Math.ceil(limits.verifierKeysMax / threads);
    this.#threads = Array.from({ length: threads }, () => this.#start(keysMax));
  }

  /**
   * One verdict for each, in order.
   * @throws TielineError `verify-busy` (transient) with too many waiting; `verify-thread` (fatal).
   */
  verify(checks: readonly SignatureCheck[]): Promise<readonly boolean[]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (!checks.every(isVerifiable)) return this.#verifySome(checks);
    const [first] = checks;
    if (first === undefined) return Promise.resolve([]);
    if (this.#waitingCount + checks.length > this.#waitingMax) {
      const busy = new TielineError('verify-busy', 'more signatures than can be verified', {
        retry: 'transient',
      });
      return Promise.reject(busy);
    }
    return new Promise((resolve, reject) => {
      this.#threadOf(first).waiting.push({ checks, resolve, reject });
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

  #threadOf({ publicKey }: SignatureCheck): Thread {
    const thread = this.#threads[(publicKey[0] ?? 0) % this.#threads.length];
    assert(thread !== undefined, 'there is a thread for each remainder');
    return thread;
  }

  /** What comes in one turn of the loop goes together. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      for (const thread of this.#threads) this.#send(thread);
    });
  }

  #send({ worker, waiting, underWay }: Thread): void {
    while (waiting.length > 0 && underWay.length < messagesPerThread) {
      const jobs = waiting.splice(0, jobsTogether(waiting));
      const checks = jobs.flatMap((job) => job.checks);
      this.#waitingCount -= checks.length;
      const packed = packChecks(checks);
      underWay.push(jobs);
      worker.postMessage(packed, [packed.buffer]);
    }
  }

  #start(keysMax: number): Thread {
    // Beside this file under the same extension: .ts in a checkout, .js in a package.
    const file = `./verify-worker${extname(import.meta.url)}`;
    const worker = new Worker(new URL(file, import.meta.url), {
      name: 'verify',
      workerData: keysMax,
    });
    const thread: Thread = { worker, waiting: [], underWay: [] };
    worker.on('message', (verdicts: Uint8Array) => {
      let at = 0;
      for (const { checks, resolve } of thread.underWay.shift() ?? []) {
        resolve(Array.from(verdicts.subarray(at, at + checks.length), (one) => one === 1));
        at += checks.length;
      }
      this.#send(thread);
    });
    worker.on('error', (cause) => this.#fail(ended(cause)));
    worker.once('exit', () => {
      if (!this.#closed) this.#fail(ended(undefined));
    });
    return thread;
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    for (const { waiting, underWay } of this.#threads) {
      for (const { reject } of [...underWay.splice(0).flat(), ...waiting.splice(0)]) {
        reject(this.#failure);
      }
    }
  }
}

/** At least one; as many as fit into a message. */
function jobsTogether(waiting: readonly Job[]): number {
  let count = 0;
  let jobs = 0;
  for (const { checks } of waiting) {
    count += checks.length;
    if (jobs > 0 && count > limits.signatureChecksTogether) break;
    jobs += 1;
  }
  return jobs;
}

function ended(cause: unknown): TielineError {
  const reason = cause === undefined ? '' : `: ${messageOf(cause)}`;
  return new TielineError('verify-thread', `a thread that verifies signatures ended${reason}`, {
    retry: 'fatal',
    cause,
  });
}
