// SPDX-License-Identifier: Apache-2.0
// Fuzzes decoders in a thread of its own, so that one that hangs or eats memory is seen from outside.

import { parentPort, workerData } from 'node:worker_threads';
import { type Crash, fuzz } from './decoder.ts';
import { decoders } from './decoders.ts';

export type Work = {
  readonly names: readonly string[];
  readonly runs: number;
  readonly seed: number;
  /** Two numbers: which of the names, and which run of it is under way. */
  readonly progress: Int32Array;
};

export type Report = { readonly name: string; readonly crashes: readonly Crash[] };

const { names, runs, seed, progress } = workerData as Work;

for (const [place, name] of names.entries()) {
  const decoder = decoders.find((one) => one.name === name);
  if (decoder === undefined) continue;
  Atomics.store(progress, 0, place);
  const crashes = await fuzz(decoder, { runs, seed }, (run) => {
    Atomics.store(progress, 1, run);
  });
  parentPort?.postMessage({ name, crashes } satisfies Report);
}
