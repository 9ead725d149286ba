// SPDX-License-Identifier: Apache-2.0
// One seed, from its beginning to its end or to the first broken promise.

import { InvariantError } from '../../base/assert.ts';
import type { NodeId } from '../../sidechain/raft/entry.ts';
import type { Happening } from './happening.ts';
import { AcknowledgedOnce } from './invariants/acknowledged-once.ts';
import { CommittedLog } from './invariants/committed-log.ts';
import { durableCommit } from './invariants/durable-commit.ts';
import { durablePromises } from './invariants/durable-promises.ts';
import { electionSafety } from './invariants/election-safety.ts';
import { leaderCompleteness } from './invariants/leader-completeness.ts';
import { ledgerPrefix } from './invariants/ledger-prefix.ts';
import { linearizableReads } from './invariants/linearizable-reads.ts';
import { logMatching } from './invariants/log-matching.ts';
import { neverBackwards } from './invariants/never-backwards.ts';
import { singleVote } from './invariants/single-vote.ts';
import { stateMachineSafety } from './invariants/state-machine-safety.ts';
import { termCoversLog } from './invariants/term-covers-log.ts';
import type { DurableImage } from './member/durable-image.ts';
import { Violation } from './violation.ts';
import { Clients } from './world/clients.ts';
import { Faults } from './world/faults.ts';
import { Healing } from './world/healing.ts';
import { Operator } from './world/operator.ts';
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

/** Whatever the seed makes of the rest. */
export function climateOf(seed: number): Climate {
  return new World(seed, drawWeather).weather.climate;
}

export type Watcher = (happening: Happening, nowMs: number) => void;

export function runSeed(seed: number, watch?: Watcher): Outcome {
  const world = new World(seed, drawWeather);
  const { timeline } = world;
  if (watch !== undefined) world.watchers.push((happening) => watch(happening, timeline.nowMs));
  const oracle = watchOver(world);
  const violation = catchViolation(() => live(world, oracle));
  return {
    seed,
    violation,
    virtualMs: timeline.nowMs,
    acknowledged: oracle.count,
    faults: Object.fromEntries([...world.faultCounts].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

function watchOver(world: World): AcknowledgedOnce {
  const truthOf = (id: NodeId): DurableImage => world.machine(id).disk.truth;
  const oracle = new AcknowledgedOnce();
  world.watchers.push(
    electionSafety(),
    singleVote(),
    logMatching(truthOf),
    termCoversLog(truthOf),
    durablePromises(truthOf),
    durableCommit(truthOf),
    leaderCompleteness(new CommittedLog()),
    stateMachineSafety(),
    ledgerPrefix(),
    neverBackwards(),
    oracle.see,
    linearizableReads(),
  );
  return oracle;
}

function live(world: World, oracle: AcknowledgedOnce): void {
  world.found();
  const clients = new Clients(world, oracle);
  const operator = new Operator(world);
  const faults = new Faults(world, operator);
  world.timeline.pass(world.weather.faultsMs);
  faults.end();
  new Healing(world, clients, operator).run();
  const ledger = world.leader()?.process?.ledger();
  if (ledger !== undefined) oracle.checkEnd(ledger);
}

function catchViolation(run: () => void): BrokenPromise | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof Violation) return { invariant: error.invariant, message: error.message };
    // The core itself noticed.
    if (error instanceof InvariantError) return { invariant: 'assertion', message: error.message };
    return { invariant: 'error', message: (error instanceof Error && error.stack) || `${error}` };
  }
}
