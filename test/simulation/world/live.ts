// SPDX-License-Identifier: Apache-2.0
// A world of bare cores from its founding to its end, under the eyes of the invariants.

import type { NodeId } from '../../../sidechain/raft/entry.ts';
import { AcknowledgedOnce } from '../invariants/acknowledged-once.ts';
import { commitWrittenAlong } from '../invariants/commit-written-along.ts';
import { CommittedLog } from '../invariants/committed-log.ts';
import { durableCommit } from '../invariants/durable-commit.ts';
import { durablePromises } from '../invariants/durable-promises.ts';
import { electionSafety } from '../invariants/election-safety.ts';
import { leaderCompleteness } from '../invariants/leader-completeness.ts';
import { ledgerPrefix } from '../invariants/ledger-prefix.ts';
import { linearizableReads } from '../invariants/linearizable-reads.ts';
import { logMatching } from '../invariants/log-matching.ts';
import { neverBackwards } from '../invariants/never-backwards.ts';
import { singleVote } from '../invariants/single-vote.ts';
import { stateMachineSafety } from '../invariants/state-machine-safety.ts';
import { termCoversLog } from '../invariants/term-covers-log.ts';
import type { DurableImage } from '../member/durable-image.ts';
import { Clients } from './clients.ts';
import { Faults } from './faults.ts';
import { Healing } from './healing.ts';
import { maySpare } from './in-use.ts';
import type { Machine } from './machine.ts';
import { Operator } from './operator.ts';
import type { World } from './world.ts';

export function watchOverCores(world: World): AcknowledgedOnce {
  const truthOf = (id: NodeId): DurableImage => world.machine(id).disk.truth;
  const oracle = new AcknowledgedOnce();
  world.watchers.push(
    electionSafety(),
    singleVote(),
    logMatching(truthOf),
    termCoversLog(truthOf),
    commitWrittenAlong(truthOf),
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

export function liveWithCores(world: World, oracle: AcknowledgedOnce): void {
  world.found();
  const clients = new Clients(world, oracle);
  const operator = new Operator(world);
  const mayLose = ({ id }: Machine): boolean =>
    !operator.isChangeUnderWay() && maySpare(world, [id]);
  const more = {
    'leader-forgotten': (victim: Machine) => {
      victim.call((process) => process.forgetLeader());
      return undefined;
    },
  };
  const faults = new Faults({ world, mayLose, more });
  world.timeline.pass(world.weather.faultsMs);
  faults.end();
  new Healing(world, clients, operator).run();
  const ledger = world.leader()?.process?.ledger();
  if (ledger !== undefined) oracle.checkEnd(ledger);
}
