// SPDX-License-Identifier: Apache-2.0
// One seed, from its beginning to its end or to the first broken promise. Two kinds of worlds: in
// one whole gateways run, as they are; in the other their core alone, of which more can be seen and
// asked, and which is quicker by far.

import { InvariantError } from '../../base/assert.ts';
import { liveWithGateways, watchOverGateways } from './gateways/live.ts';
import { drawGatewayWeather, type GatewayClimate } from './gateways/weather.ts';
import { GatewayWorld } from './gateways/world.ts';
import type { Happening } from './happening.ts';
import { Violation } from './violation.ts';
import { liveWithCores, watchOverCores } from './world/live.ts';
import { Random } from './world/random.ts';
import type { Timeline } from './world/timeline.ts';
import { type Climate, drawWeather } from './world/weather.ts';
import { World } from './world/world.ts';

export type BrokenPromise = { readonly invariant: string; readonly message: string };

export type Outcome = {
  readonly seed: number;
  readonly violation: BrokenPromise | undefined;
  readonly virtualMs: number;
  readonly acknowledged: number;
  readonly faults: Readonly<Record<string, number>>;
};

export type WorldKind = 'gateways' | 'cores';

/** Every third world is one of cores. */
export function kindOf(seed: number): WorldKind {
  return seed % 3 === 0 ? 'cores' : 'gateways';
}

/** Whatever the seed makes of the rest. */
export function climateOf(seed: number, kind: WorldKind): Climate | GatewayClimate {
  const random = new Random(seed).stream('weather');
  return kind === 'cores' ? drawWeather(random).climate : drawGatewayWeather(random).climate;
}

export type Watcher = (happening: Happening, nowMs: number) => void;

export async function runSeed(
  seed: number,
  { watch, kind = kindOf(seed) }: { readonly watch?: Watcher; readonly kind?: WorldKind } = {},
): Promise<Outcome> {
  if (kind === 'cores') {
    const world = new World(seed, drawWeather);
    watchBy(world, watch);
    const oracle = watchOverCores(world);
    const violation = await catchViolation(async () => liveWithCores(world, oracle));
    return outcomeOf(seed, world, { violation, acknowledged: oracle.count });
  }
  const world = new GatewayWorld(seed);
  watchBy(world, watch);
  const oracle = watchOverGateways(world);
  const violation = await catchViolation(() => liveWithGateways(world, oracle));
  return outcomeOf(seed, world, { violation, acknowledged: oracle.count });
}

type AnyWorld = {
  readonly timeline: Timeline;
  readonly watchers: ((happening: Happening) => void)[];
  readonly faultCounts: ReadonlyMap<string, number>;
};

function watchBy({ timeline, watchers }: AnyWorld, watch: Watcher | undefined): void {
  if (watch !== undefined) watchers.push((happening) => watch(happening, timeline.nowMs));
}

function outcomeOf(
  seed: number,
  { timeline, faultCounts }: AnyWorld,
  end: Pick<Outcome, 'violation' | 'acknowledged'>,
): Outcome {
  const faults = Object.fromEntries([...faultCounts].sort(([a], [b]) => (a < b ? -1 : 1)));
  return { seed, virtualMs: timeline.nowMs, faults, ...end };
}

async function catchViolation(run: () => Promise<void>): Promise<BrokenPromise | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    if (error instanceof Violation) return { invariant: error.invariant, message: error.message };
    // The code itself noticed.
    if (error instanceof InvariantError) return { invariant: 'assertion', message: error.message };
    return { invariant: 'error', message: (error instanceof Error && error.stack) || `${error}` };
  }
}
