// SPDX-License-Identifier: Apache-2.0
// What kind of world a seed makes: how large the group is, how its members are set, how bad network, disks and
// clocks are, and which faults there are at all. No seed has all of them: faults hide each other, and a bug
// that needs calm between two of them would never show.

import type { MemberSettings } from '../member/raft-member.ts';
import type { Random } from './random.ts';

/** What is done to the world, each a file-free word in the report. */
export const faultKinds = [
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
  'leader-forgotten',
  'new-leader-struck',
  'change-struck',
] as const;

export type FaultKind = (typeof faultKinds)[number];

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

export type Weather = {
  readonly voters: number;
  /** Learners from the start. */
  readonly learners: number;
  readonly member: MemberSettings;
  readonly network: NetworkWeather;
  readonly writeMsMax: number;
  /** How far a clock is off, as a fraction. */
  readonly skewMax: number;
  readonly faultsPerMinute: Readonly<Record<FaultKind, number>>;
  readonly clients: number;
  readonly operationsPerMinute: number;
  readonly readsPerMinute: number;
  readonly changesPerMinute: number;
  readonly transfersPerMinute: number;
  readonly faultsMs: number;
};

export const tickMs = 100;

export function drawWeather(random: Random): Weather {
  const voters = random.any([1, 2, 3, 3, 3, 3, 3, 4, 5, 5, 5, 7]);
  const share = random.any([0.1, 0.2, 0.4]);
  const kinds = new Set(faultKinds.filter(() => random.chance(share)));
  const isBusy = random.chance(0.3);
  const rate = (kind: FaultKind): number => (kinds.has(kind) ? random.any([1, 3, 10]) : 0);
  const rates = faultKinds.map((kind) => [kind, rate(kind)] as const);
  return {
    voters,
    learners: random.chance(0.3) ? random.between(1, 2) : 0,
    member: drawSettings(random),
    network: drawNetwork(random),
    writeMsMax: random.any([2, 5, 50]),
    skewMax: random.any([0, 0.05, 0.3]),
    faultsPerMinute: Object.fromEntries(rates) as Record<FaultKind, number>,
    clients: random.between(1, 4),
    operationsPerMinute: random.any([60, 200, 600]),
    readsPerMinute: random.any([0, 60, 600]),
    changesPerMinute: random.chance(0.5) ? random.any([2, 8, 30]) : 0,
    transfersPerMinute: random.chance(0.5) ? random.any([1, 5]) : 0,
    faultsMs: isBusy ? 120_000 : 60_000,
  };
}

/** Small windows and batches, so that their limits are met. */
function drawSettings(random: Random): MemberSettings {
  const isSmall = random.chance(0.6);
  return {
    electionTicks: 10,
    heartbeatTicks: 1,
    asyncStorageWrites: random.chance(0.5),
    keptEntries: random.any([0, 5, 50]),
    compactedAtOnce: random.any([1, 4, 16]),
    applyMsMax: random.any([0, 0, 2_000]),
    writeTicksMax: 50,
    appendBytesMax: isSmall ? random.any([1, 1, 100]) : 100_000,
    applyingBytesMax: isSmall ? 200 : 100_000,
    uncommittedBytesMax: isSmall ? 1_000 : 100_000,
    inflightMessagesMax: isSmall ? 2 : 64,
    inflightBytesMax: isSmall ? 500 : 1_000_000,
  };
}

function drawNetwork(random: Random): NetworkWeather {
  return {
    delayMsMax: random.any([2, 20, 200]),
    lossRate: random.any([0, 0, 0.01, 0.1, 0.3]),
    doubledRate: random.any([0, 0, 0.01, 0.1, 0.3]),
    lateRate: random.any([0, 0, 0.002, 0.02, 0.1]),
    lateMsMax: 10_000,
    isOrdered: random.chance(0.3),
  };
}
