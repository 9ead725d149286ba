// SPDX-License-Identifier: Apache-2.0
// Fuzzes decoders in a process of its own, so that one that hangs, eats memory or breaks the engine is seen
// from outside. Says on descriptor 3, at once and in lines, which run it begins and what came of a decoder.

import { writeSync } from 'node:fs';
import { type Crash, type Decoder, fuzz } from './decoder.ts';

export type Work = {
  /** Address of the module that exports the table, `decoders`. */
  readonly table: string;
  readonly names: readonly string[];
  readonly runs: number;
  readonly seed: number;
};

export type Said =
  | { readonly kind: 'run'; readonly name: string; readonly run: number }
  | { readonly kind: 'done'; readonly name: string; readonly crashes: readonly Crash[] };

const saying = 3;
const { table, names, runs, seed } = JSON.parse(process.argv[2] ?? '{}') as Work;
const { decoders }: { readonly decoders: readonly Decoder[] } = await import(table);

for (const name of names) {
  const decoder = decoders.find((one) => one.name === name);
  if (decoder === undefined) throw new Error(`there is no decoder ${name}`);
  const crashes = await fuzz(decoder, { runs, seed }, (run) => {
    say({ kind: 'run', name, run });
  });
  say({ kind: 'done', name, crashes });
}
function say(said: Said): void {
  writeSync(saying, `${JSON.stringify(said)}\n`);
}
