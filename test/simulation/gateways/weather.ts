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
} from '../world/weather.ts';

export type GatewayWeather = {
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

export function drawGatewayWeather(random: Random): GatewayWeather {
  const isEager = random.chance(0.5);
  return {
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
