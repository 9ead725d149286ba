// SPDX-License-Identifier: Apache-2.0
// What kind of world of gateways a seed makes. No seed has all faults: they hide each other.

import type { NodeRules } from '../../../sidechain/node-options.ts';
import type { Random } from '../world/random.ts';
import {
  drawFaults,
  drawNetwork,
  type FaultRates,
  gatewayFaults,
  type NetworkWeather,
  noFaults,
} from '../world/weather.ts';

/** What comes together in a world: anything, or what brings out a few rare things. */
export type GatewayClimate = 'any' | 'failing-cards' | 'failing-power';

export type GatewayWeather = {
  readonly climate: GatewayClimate;
  readonly voters: number;
  /** Members that only keep a copy. */
  readonly followers: number;
  readonly rules: NodeRules;
  readonly summaryWindowMs: number;
  readonly network: NetworkWeather;
  readonly writeMsMax: number;
  /** How far a clock is off, as a fraction. */
  readonly skewMax: number;
  readonly faultsPerMinute: FaultRates;
  readonly entriesPerMinute: number;
  readonly checkpointsPerMinute: number;
  readonly faultsMs: number;
  /** Ed25519 in the place of the light suite. */
  readonly hasRealSignatures: boolean;
};

/** Half of all worlds are of any kind. */
export function drawGatewayWeather(random: Random): GatewayWeather {
  const weather = drawAny(random);
  const climate = random.any(['any', 'any', 'failing-cards', 'failing-power'] as const);
  switch (climate) {
    case 'any':
      return weather;
    case 'failing-cards':
      return { ...weather, ...failingCards(weather, random), climate };
    case 'failing-power':
      return { ...weather, ...failingPower(random), climate };
  }
}

/** Cards rot, are lost and taken back, while leaders change and members lag behind. */
function failingCards({ network }: GatewayWeather, random: Random): Partial<GatewayWeather> {
  return {
    voters: 3,
    network: { ...network, lossRate: random.any([0, 0.1]) },
    faultsPerMinute: { ...noFaults, crash: 6, isolation: 10, 'older-copy': 6, 'bit-rot': 3 },
    entriesPerMinute: 200,
  };
}

/** The power fails in the middle of writes, which are many. */
function failingPower(random: Random): Partial<GatewayWeather> {
  return {
    writeMsMax: random.any([5, 50, 200]),
    faultsPerMinute: { ...noFaults, 'power-cut-in-write': 20, 'new-leader-struck': 6 },
    entriesPerMinute: 400,
    checkpointsPerMinute: 60,
  };
}

function drawAny(random: Random): GatewayWeather {
  const isEager = random.chance(0.5);
  return {
    climate: 'any',
    voters: random.any([1, 2, 3, 3, 3, 3, 3, 4, 5, 5]),
    followers: random.chance(0.3) ? random.between(1, 2) : 0,
    rules: {
      itemsMax: isEager ? 1 : random.any([2, 8, 100]),
      ageMs: isEager ? 0 : random.any([100, 1_000]),
      heartbeatMs: random.any([5_000, 60_000]),
    },
    summaryWindowMs: random.any([10_000, 86_400_000]),
    network: drawNetwork(random),
    writeMsMax: random.any([2, 5, 50]),
    skewMax: random.any([0, 0.05, 0.3]),
    faultsPerMinute: drawFaults(random, gatewayFaults),
    entriesPerMinute: random.any([60, 200, 400]),
    checkpointsPerMinute: random.any([0, 10, 60]),
    faultsMs: random.any([30_000, 60_000, 60_000]),
    hasRealSignatures: random.chance(0.05),
  };
}
