// SPDX-License-Identifier: Apache-2.0
// A decoder under fuzzing, and one run of it: whatever the bytes are, it answers, and soon.

import { toHex } from '../../base/bytes.ts';
import { messageOf } from '../../base/errors.ts';
import { diceOf, hostileBytes } from './mutation.ts';

export type Decoder = {
  readonly name: string;
  /** What it takes. */
  readonly samples: readonly Uint8Array[];
  /** Throws nothing, for any bytes; what it promises comes, and does not reject. */
  readonly read: (bytes: Uint8Array) => unknown;
};

export type Crash = {
  readonly decoder: string;
  readonly run: number;
  /** What went wrong, in words. */
  readonly problem: string;
  readonly inputHex: string;
};

// A decoder reads megabytes in that time; more is a loop that grows with its input. Of a processor: what else
// keeps the machine busy does not count.
const slowMs = 2_000;
const crashesMax = 10;

/** `onRun` is called before each, so that somebody can see where it hangs. */
export async function fuzz(
  decoder: Decoder,
  { runs, seed }: { readonly runs: number; readonly seed: number },
  onRun: (run: number) => void = () => undefined,
): Promise<readonly Crash[]> {
  const dice = diceOf(seed, decoder.name);
  const crashes: Crash[] = [];
  for (let run = 0; run < runs && crashes.length < crashesMax; run++) {
    const input = hostileBytes(dice, decoder.samples);
    onRun(run);
    const problem = await problemWith(decoder, input);
    if (problem === undefined) continue;
    crashes.push({ decoder: decoder.name, run, problem, inputHex: toHex(input) });
  }
  return crashes;
}

/** What a decoder was given in that run. */
export function inputOf(
  decoder: Decoder,
  { run, seed }: { readonly run: number; readonly seed: number },
): Uint8Array {
  const dice = diceOf(seed, decoder.name);
  let input = hostileBytes(dice, decoder.samples);
  for (let before = 0; before < run; before++) input = hostileBytes(dice, decoder.samples);
  return input;
}

async function problemWith({ read }: Decoder, input: Uint8Array): Promise<string | undefined> {
  const before = process.cpuUsage();
  try {
    await read(input);
  } catch (error) {
    return `it threw: ${messageOf(error)}`;
  }
  const { user, system } = process.cpuUsage(before);
  const tookMs = (user + system) / 1_000;
  return tookMs > slowMs ? `it took ${Math.round(tookMs)} ms of a processor` : undefined;
}
