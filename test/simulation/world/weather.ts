// SPDX-License-Identifier: Apache-2.0
// What kind of world a seed makes: how large the group is, how its members are set, how bad
// network, disks and clocks are, and which faults there are at all. No seed has all of them: faults
// hide each other, and a bug that needs calm between two of them would never show.

import type { MemberSettings } from '../member/raft-member.ts';
import type { Random } from './random.ts';

/** What is done to any world, under the names that the report has. */
const commonFaults = [
  'crash',
  'power-cut-in-write',
  'pause',
  'partition',
  'isolation',
  'one-way-cut',
  'partial-cut',
  'slow-link',
  'disk-stall',
  'failed-sync',
  'full-disk',
  'bit-rot',
  'wipe',
  'clock-skew',
  'new-leader-struck',
] as const;

/** And to a world of cores alone. */
export const coreFaults = [...commonFaults, 'leader-forgotten', 'change-struck'] as const;

/** And to one of gateways: their clocks jump, and a card is taken back to what it held before. */
export const gatewayFaults = [...commonFaults, 'clock-jump', 'older-copy'] as const;

export const faultKinds = [...new Set([...coreFaults, ...gatewayFaults])] as const;

export type FaultKind = (typeof faultKinds)[number];

export type FaultRates = Readonly<Record<FaultKind, number>>;

export type NetworkWeather = {
  readonly delayMsMax: number;
  readonly lossRate: number;
  readonly doubledRate: number;
  /** Messages that come when nobody counts on them any more. */
  readonly lateRate: number;
  readonly lateMsMax: number;
  /** What one member says to another arrives in order, unless it is late or doubled. */
  readonly isOrdered: boolean;
};

/** What comes together in a world: anything, or what brings out a few rare things. */
export type Climate = 'any' | 'restless-leaders' | 'restless-members' | 'returning-members';

export type Weather = {
  readonly climate: Climate;
  readonly voters: number;
  /** Learners from the start. */
  readonly learners: number;
  readonly member: MemberSettings;
  readonly network: NetworkWeather;
  readonly writeMsMax: number;
  /** How far a clock is off, as a fraction. */
  readonly skewMax: number;
  readonly faultsPerMinute: FaultRates;
  readonly clients: number;
  readonly operationsPerMinute: number;
  readonly readsPerMinute: number;
  readonly changesPerMinute: number;
  /** How often one that was removed comes back with an empty card. */
  readonly returnsPerMinute: number;
  readonly transfersPerMinute: number;
  readonly faultsMs: number;
};

export const tickMs = 100;

/** Half of all worlds are of any kind; the others of one in which rare things come together. */
export function drawWeather(random: Random): Weather {
  const weather = drawAny(random);
  const climate = random.any(['any', 'any', 'restless-leaders', 'restless-members'] as const);
  switch (climate) {
    case 'any':
      return weather;
    case 'restless-leaders':
      return { ...weather, ...restlessLeaders(weather, random), climate };
    case 'restless-members': {
      const restless = { ...weather, ...restlessMembers(weather, random), climate };
      // Drawn last, so that the other worlds are what they were without these.
      return random.chance(0.2) ? { ...restless, ...returningMembers(restless) } : restless;
    }
  }
}

/** Leaders fall as soon as they stand, entries go out one at a time, and old messages come back. */
function restlessLeaders({ member, network }: Weather, random: Random): Partial<Weather> {
  return {
    voters: random.any([3, 3, 5]),
    learners: 0,
    member: { ...member, ...narrow, appendBytesMax: 1, keptEntries: 50 },
    network: { ...network, delayMsMax: random.any([20, 200]), doubledRate: 0.3, lateRate: 0.05 },
    faultsPerMinute: { ...noFaults, crash: 5, isolation: 5, 'new-leader-struck': 12 },
    operationsPerMinute: 600,
    changesPerMinute: 0,
  };
}

/** Members come and go, and whoever applies a change is struck by something. */
function restlessMembers({ member, network }: Weather, random: Random): Partial<Weather> {
  return {
    voters: random.between(1, 4),
    learners: random.between(0, 3),
    member: { ...member, ...narrow, appendBytesMax: random.any([1, 100]), applyMsMax: 2_000 },
    network: { ...network, doubledRate: random.any([0, 0.3]), lateMsMax: 20_000 },
    faultsPerMinute: { ...noFaults, 'change-struck': 12, 'new-leader-struck': random.any([0, 6]) },
    operationsPerMinute: 600,
    changesPerMinute: 30,
  };
}

/** Learners go and come back with nothing, under one leader, while much is late that they said before. */
function returningMembers({ member, network }: Weather): Partial<Weather> {
  return {
    climate: 'returning-members',
    voters: 3,
    learners: 3,
    member: { ...member, applyMsMax: 0 },
    network: { ...network, delayMsMax: 20, doubledRate: 0.3, lateRate: 0.1, lateMsMax: 20_000 },
    faultsPerMinute: noFaults,
    changesPerMinute: 4,
    returnsPerMinute: 30,
  };
}

function drawAny(random: Random): Weather {
  const voters = random.any([1, 2, 3, 3, 3, 3, 3, 4, 5, 5, 5, 7]);
  const isBusy = random.chance(0.3);
  return {
    climate: 'any',
    voters,
    learners: random.chance(0.3) ? random.between(1, 2) : 0,
    member: drawSettings(random),
    network: drawNetwork(random),
    writeMsMax: random.any([2, 5, 50]),
    skewMax: random.any([0, 0.05, 0.3]),
    faultsPerMinute: drawFaults(random, coreFaults),
    clients: random.between(1, 4),
    operationsPerMinute: random.any([60, 200, 600]),
    readsPerMinute: random.any([0, 60, 600]),
    changesPerMinute: random.chance(0.5) ? random.any([2, 8, 30]) : 0,
    returnsPerMinute: 0,
    transfersPerMinute: random.chance(0.5) ? random.any([1, 5]) : 0,
    faultsMs: isBusy ? 120_000 : 60_000,
  };
}

/** Some of those kinds, each more or less often. */
export function drawFaults(random: Random, kinds: readonly FaultKind[]): FaultRates {
  const share = random.any([0.1, 0.2, 0.4]);
  const drawn = kinds.filter(() => random.chance(share));
  return {
    ...noFaults,
    ...Object.fromEntries(drawn.map((kind) => [kind, random.any([1, 3, 10])])),
  };
}

export const noFaults = Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as FaultRates;

/** Small windows and batches, so that their limits are met. */
const narrow = {
  appendBytesMax: 100,
  applyingBytesMax: 200,
  uncommittedBytesMax: 1_000,
  inflightMessagesMax: 2,
  inflightBytesMax: 500,
};

const wide = {
  appendBytesMax: 100_000,
  applyingBytesMax: 100_000,
  uncommittedBytesMax: 100_000,
  inflightMessagesMax: 64,
  inflightBytesMax: 1_000_000,
};

function drawSettings(random: Random): MemberSettings {
  return {
    electionTicks: 10,
    heartbeatTicks: 1,
    asyncStorageWrites: random.chance(0.5),
    keptEntries: random.any([0, 5, 50]),
    compactedAtOnce: random.any([1, 4, 16]),
    applyMsMax: random.any([0, 0, 2_000]),
    writeTicksMax: 50,
    ...random.any([narrow, { ...narrow, appendBytesMax: 1 }, wide]),
  };
}

export function drawNetwork(random: Random): NetworkWeather {
  return {
    delayMsMax: random.any([2, 20, 200]),
    lossRate: random.any([0, 0, 0.01, 0.1, 0.3]),
    doubledRate: random.any([0, 0, 0.01, 0.1, 0.3]),
    lateRate: random.any([0, 0, 0.002, 0.02, 0.1]),
    lateMsMax: 10_000,
    isOrdered: random.chance(0.3),
  };
}
