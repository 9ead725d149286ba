// SPDX-License-Identifier: Apache-2.0
// When which fault strikes. Two lanes at the same time: what befalls the gateways, and what befalls
// all that is between and around them; in each lane one fault after another. Each lane deals its kinds
// like cards, so that none is left out; all of it is drawn from the seed.

import { type Random, seededRandom } from '../system/harness/random.ts';
import { sleep } from '../system/harness/until.ts';
import { brokerRestart } from './faults/broker-restart.ts';
import { centreRestart } from './faults/centre-restart.ts';
import { clockJump } from './faults/clock-jump.ts';
import { type Fault, shuffled } from './faults/fault.ts';
import { fullDisk } from './faults/full-disk.ts';
import { halves } from './faults/halves.ts';
import { isolatedLeader } from './faults/isolated-leader.ts';
import { kill } from './faults/kill.ts';
import { lossy } from './faults/lossy.ts';
import { oneWay } from './faults/one-way.ts';
import { pause } from './faults/pause.ts';
import { slowDisks } from './faults/slow-disk.ts';
import { slowLink } from './faults/slow-link.ts';
import type { Town } from './town/town.ts';

const lanes: readonly (readonly Fault[])[] = [
  [kill, pause, fullDisk, clockJump, slowDisks],
  [halves, isolatedLeader, oneWay, lossy, slowLink, brokerRestart, centreRestart],
];

const pauseMs = { min: 500, max: 3_000 };
const holdMs = { min: 2_000, max: 8_000 };
/** Once every kind has struck, one in six lasts as long as a power cut or a broken line does. */
const longHoldMs = { min: 15_000, max: 40_000 };
const longOneIn = 6;

export type Strike = {
  /** How often each of its lane has struck before. */
  readonly round: number;
  readonly fault: Fault;
  readonly afterMs: number;
  readonly holdMs: number;
  /** What the fault draws itself. */
  readonly random: Random;
};

export type Schedule = {
  /** Times each kind has struck so far. */
  readonly counts: ReadonlyMap<string, number>;
  readonly done: Promise<void>;
};

/** Strikes until `isOver`, and never less than each kind once; then lets end what has begun. */
export function runSchedule(
  town: Town,
  given: {
    readonly seed: number;
    readonly isOver: () => boolean;
    readonly tell: (line: string) => void;
  },
): Schedule {
  const counts = new Map(lanes.flat().map(({ kind }) => [kind, 0]));
  const runLane = async (faults: readonly Fault[], place: number): Promise<void> => {
    for (const strike of strikes(faults, laneRandom(given.seed, place))) {
      await sleep(strike.afterMs);
      if (given.isOver() && strike.round > 0) return;
      const { kind } = strike.fault;
      const begun = await strike.fault.begin(town, strike.random);
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      given.tell(begun.what);
      await sleep(strike.holdMs);
      const outcome = await begun.end();
      given.tell(`over: ${begun.what}${outcome === undefined ? '' : `: ${outcome}`}`);
    }
  };
  return { counts, done: Promise.all(lanes.map(runLane)).then(() => {}) };
}

/** Seeds that stand close together make lanes that have nothing in common. */
function laneRandom(seed: number, place: number): Random {
  return seededRandom(Math.imul(seed * lanes.length + place + 1, 0x9e3779b1));
}

export function* strikes(faults: readonly Fault[], random: Random): Generator<Strike> {
  for (let round = 0; ; round++) {
    for (const fault of shuffled(faults, random)) {
      const isLong = random.between(1, longOneIn) === 1 && round > 0;
      const hold = isLong ? longHoldMs : holdMs;
      yield {
        round,
        fault,
        afterMs: random.between(pauseMs.min, pauseMs.max),
        holdMs: random.between(hold.min, hold.max),
        random: seededRandom(random.between(1, 2 ** 31 - 1)),
      };
    }
  }
}
