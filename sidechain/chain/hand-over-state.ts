// SPDX-License-Identifier: Apache-2.0
// Hand-overs as they stand in the state of a chain: each with the keys that it replaced, so that every
// receipt the chain ever took can be held against the keys that counted then, and every bundle shows
// the way.

import { accept } from '../../base/errors.ts';
import { bytes, type Field, mapped, tuple, uint } from '../../base/fields.ts';
import { type HandOver, handOverField } from './hand-over.ts';
import { generationOf, type MainLog, mainLogField } from './main-log.ts';
import type { KeyPeriods } from './retired-key.ts';

export type FollowedHandOver = {
  readonly handOver: HandOver;
  /** With the keys that it replaced. */
  readonly mainLog: MainLog;
  /** Of the main log that ends with it. */
  readonly size: number;
  readonly root: Uint8Array;
};

export const followedField: Field<FollowedHandOver> = mapped(
  tuple(handOverField, mainLogField, uint(), bytes(32)),
  {
    read: ([handOver, mainLog, size, root]) => accept({ handOver, mainLog, size, root }),
    write: ({ handOver, mainLog, size, root }) => [handOver, mainLog, size, root] as const,
  },
);

/** By the generation that it brought. */
export function handOverKey(generation: number): string {
  return `chain/hand-over/${generation}`;
}

/** From the newest keys back to those that the chain was founded with. @returns the oldest first. */
export function handOversBefore(
  mainLog: MainLog,
  read: (key: string) => FollowedHandOver | undefined,
): readonly FollowedHandOver[] {
  const found: FollowedHandOver[] = [];
  for (let generation = generationOf(mainLog); generation > 0; generation--) {
    const followed = read(handOverKey(generation));
    if (followed === undefined) break;
    found.unshift(followed);
  }
  return found;
}

export function periodsOf(handOvers: readonly FollowedHandOver[], mainLog: MainLog): KeyPeriods {
  const logs = [...handOvers.map((one) => one.mainLog), mainLog];
  return logs.map((log, i) => ({ mainLog: log, fromSize: handOvers[i - 1]?.size ?? 0 }));
}
