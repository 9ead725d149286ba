// SPDX-License-Identifier: Apache-2.0
// What signatures alone let pass: an entry is signed once and checked by each other member, with nothing
// around it, on all processors at once, for two of them may be one that does two things by turns.
// This file is its own thread.

import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { signerFromSeed } from '../../../base/keys.ts';
import { nodeSuite } from '../../../base/node-suite.ts';

const entryBytes = 300;
const warmUpMs = 200;
const runMs = 1_000;

/** Entries a second. */
export async function signaturesAlone(membersCount: number): Promise<number> {
  const rates = await Promise.all(
    Array.from({ length: availableParallelism() }, () => oneThread(membersCount)),
  );
  return rates.reduce((sum, rate) => sum + rate, 0);
}

function oneThread(membersCount: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { membersCount } });
    worker.once('message', resolve).once('error', reject);
  });
}

function rateOf(membersCount: number): number {
  const signer = signerFromSeed(new Uint8Array(32).fill(7));
  const message = new Uint8Array(entryBytes);
  let count = 0;
  let startMs = performance.now();
  for (let isCounted = false; ; ) {
    const signature = signer.sign(message);
    for (let i = 1; i < membersCount; i++) {
      if (!nodeSuite.verify(signer.publicKey, message, signature)) throw new Error('it holds');
    }
    count += 1;
    const elapsedMs = performance.now() - startMs;
    if (isCounted && elapsedMs >= runMs) return (count * 1_000) / elapsedMs;
    if (isCounted || elapsedMs < warmUpMs) continue;
    isCounted = true;
    count = 0;
    startMs = performance.now();
  }
}

if (!isMainThread) parentPort?.postMessage(rateOf(workerData.membersCount));
