// SPDX-License-Identifier: Apache-2.0
// A fault that strikes a scene, and when: in two lanes at the same time, each of which deals its kinds
// like cards, so that none is left out; all of it is drawn from the seed.

import { shuffled } from '../soak/faults/fault.ts';
import { type Random, seededRandom } from '../system/harness/random.ts';
import { sleep } from '../system/harness/until.ts';

export type Strike<Scene> = {
  readonly kind: string;
  /** Strikes, and is over. @returns for people, what it was. @throws where it was not met as it must be. */
  readonly run: (scene: Scene, random: Random) => Promise<string>;
};

/** For what has to come, on a machine that has other things to do and while other faults last. */
export const patienceMs = 600_000;

const pauseMs = { min: 200, max: 1_500 };

/** Until `isOver`, and never less than each kind once. @returns how often each has struck. */
export async function strikeAll<Scene>(
  scene: Scene,
  lanes: readonly (readonly Strike<Scene>[])[],
  given: {
    readonly seed: number;
    readonly isOver: () => boolean;
    readonly tell: (line: string) => void;
  },
): Promise<Readonly<Record<string, number>>> {
  const counts = Object.fromEntries(lanes.flat().map(({ kind }) => [kind, 0]));
  const runLane = async (strikes: readonly Strike<Scene>[], lane: number): Promise<void> => {
    const random = seededRandom(Math.imul(given.seed * lanes.length + lane + 1, 0x9e3779b1));
    for (let round = 0; round === 0 || !given.isOver(); round++) {
      for (const { kind, run } of shuffled(strikes, random)) {
        if (round > 0 && given.isOver()) return;
        await sleep(random.between(pauseMs.min, pauseMs.max));
        const own = seededRandom(random.between(1, 2 ** 31 - 1));
        given.tell(`${kind}: ${await named(kind, run(scene, own))}`);
        counts[kind] = (counts[kind] ?? 0) + 1;
      }
    }
  };
  await Promise.all(lanes.map(runLane));
  return counts;
}

function named<T>(kind: string, running: Promise<T>): Promise<T> {
  return running.catch((cause: unknown) => {
    throw new Error(`the fault ${kind} was not met as it must be`, { cause });
  });
}

/** @throws where it is not. */
export function expectSame(what: string, found: unknown, wanted: unknown): void {
  if (JSON.stringify(found) === JSON.stringify(wanted)) return;
  throw new Error(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
}
