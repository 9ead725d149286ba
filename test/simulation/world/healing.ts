// SPDX-License-Identifier: Apache-2.0
// After the faults: first a majority gets well and must go on without the rest, which stays as
// broken as it is; then everything does, and must come to rest as one.

import { leaveJointChange } from '../../../sidechain/raft/configuration/change.ts';
import {
  isJoint,
  isMember,
  votersOf,
} from '../../../sidechain/raft/configuration/configuration.ts';
import { Violation } from '../violation.ts';
import type { Clients } from './clients.ts';
import { maySpare } from './in-use.ts';
import type { Machine } from './machine.ts';
import type { Operator } from './operator.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

/** Far more than an election takes. */
const progressMsMax = 60_000;
const restMsMax = 180_000;
const calmMs = 10_000;
const transferMsMax = 5_000;

const calm = {
  delayMsMax: 10,
  lossRate: 0,
  doubledRate: 0,
  lateRate: 0,
  lateMsMax: 100,
  isOrdered: false,
};

export class Healing {
  readonly #world: World;
  readonly #clients: Clients;
  readonly #operator: Operator;
  readonly #random: Random;

  constructor(world: World, clients: Clients, operator: Operator) {
    this.#world = world;
    this.#clients = clients;
    this.#operator = operator;
    this.#random = world.random.stream('healing');
  }

  run(): void {
    this.#clients.mode = 'silent';
    this.#operator.isAtRest = true;
    this.#healCore();
    this.#expectProgress('a majority is well');
    this.#healAll();
    // Until nothing is under way any more that was said before.
    this.#world.timeline.pass(this.#world.weather.network.lateMsMax);
    this.#expectRest();
    this.#expectCalm();
    this.#expectTransfer();
    this.#expectProgress('all are well');
    this.#expectRest();
  }

  #healCore(): void {
    const { network } = this.#world;
    network.weather = calm;
    network.heal();
    const broken = this.#chooseBroken();
    for (const machine of this.#world.machines.values()) {
      if (broken.includes(machine)) this.#leaveBroken(machine);
      else repair(machine);
    }
    this.#clients.isKnown = (machine) => !broken.includes(machine);
  }

  /** As many as the group can do without; none while it may be changing its members. */
  #chooseBroken(): readonly Machine[] {
    const chosen: Machine[] = [];
    if (this.#operator.isChangeUnderWay()) return chosen;
    const leader = this.#random.chance(0.5) ? this.#world.leader() : undefined;
    const others = this.#random.some([...this.#world.machines.values()]);
    for (const machine of leader === undefined ? others : [leader, ...others]) {
      const ids = [...chosen, machine].map(({ id }) => id);
      if (maySpare(this.#world, ids)) chosen.push(machine);
    }
    return chosen;
  }

  /** Down, or with a disk that is full or does not answer, or well; and heard in any half-hearted way. */
  #leaveBroken(machine: Machine): void {
    const { network, machines } = this.#world;
    const ails = this.#random.any(['down', 'full', 'hung', 'paused', 'nothing'] as const);
    if (ails === 'down') machine.crash('left down');
    else repair(machine);
    if (ails === 'full') machine.disk.isFull = true;
    if (ails === 'hung') machine.disk.stalledUntilMs = Number.MAX_SAFE_INTEGER;
    if (ails === 'paused') machine.pause(2 * progressMsMax);
    const others = [...machines.keys()].filter((id) => id !== machine.id);
    const links = others.flatMap((id) => [
      { from: id, to: machine.id },
      { from: machine.id, to: id },
    ]);
    if (this.#random.chance(0.7)) network.cut(this.#random.some(links));
  }

  #healAll(): void {
    this.#world.network.heal();
    for (const machine of this.#world.machines.values()) repair(machine);
    // The last that is heard of it.
    for (const { id } of this.#world.running()) {
      this.#world.leader()?.call((process) => process.reportUnreachable(id));
    }
    this.#clients.isKnown = () => true;
  }

  #expectProgress(when: string): void {
    // Nothing new is needed for what is in the log to be committed.
    this.#until(progressMsMax, `${when}, and nobody leads on to the end of its log`, () => {
      const status = this.#world.leader()?.process?.status();
      return status !== undefined && status.applied === status.lastIndex;
    });
    this.#clients.demand();
    const isDone = (): boolean => !this.#clients.areWaiting;
    this.#until(progressMsMax, `${when}, and operations are not taken`, isDone);
    this.#clients.mode = 'silent';
  }

  /** All members have the same, and nothing is left to be done. */
  #expectRest(): void {
    let checkCount = 0;
    this.#until(restMsMax, 'all are well, and do not come to rest', () => {
      checkCount += 1;
      const leader = this.#world.leader();
      if (leader?.process === undefined) return false;
      const { configuration } = leader.process.status();
      if (checkCount % 20 === 0) {
        this.#operator.replaceGone();
        if (isJoint(configuration) && !configuration.autoLeave) {
          this.#operator.propose(leaveJointChange);
        }
      }
      return isAtRest(this.#world, leader);
    });
  }

  /** Nobody disturbs a leader that is well, not even one who was removed. */
  #expectCalm(): void {
    const before = this.#world.leader()?.process?.status();
    this.#world.timeline.pass(calmMs);
    const after = this.#world.leader()?.process?.status();
    if (before?.id === after?.id && before?.term === after?.term) return;
    const text = `${before?.id} led in term ${before?.term}; in calm weather now ${after?.id} in ${after?.term}`;
    throw new Violation('calm', text);
  }

  #expectTransfer(): void {
    const leader = this.#world.leader();
    const configuration = leader?.process?.status().configuration;
    if (leader === undefined || configuration === undefined) return;
    const others = votersOf(configuration).filter((id) => id !== leader.id);
    if (others.length === 0) return;
    const to = this.#random.any(others);
    leader.call((process) => process.transfer(to));
    const isDone = (): boolean => this.#world.leader()?.id === to;
    this.#until(transferMsMax, `${leader.id} does not hand over to ${to}`, isDone, 'transfer');
  }

  #until(msMax: number, complaint: string, isDone: () => boolean, name = 'progress'): void {
    for (let passedMs = 0; passedMs <= msMax; passedMs += 100) {
      if (isDone()) return;
      this.#world.timeline.pass(100);
    }
    throw new Violation(name, `${complaint} within ${msMax / 1_000} s`);
  }
}

function repair(machine: Machine): void {
  machine.disk.isFull = false;
  machine.disk.isSyncFailing = false;
  machine.disk.stalledUntilMs = 0;
  machine.disk.onWrite = undefined;
  machine.resume();
  machine.start();
}

function isAtRest(world: World, leader: Machine): boolean {
  const status = leader.process?.status();
  const head = leader.process?.ledger();
  if (status === undefined || head === undefined || isJoint(status.configuration)) return false;
  // Else it is about to hand over.
  if (!status.configuration.voters.includes(leader.id)) return false;
  const members = [...world.machines.values()].filter(({ id }) =>
    isMember(status.configuration, id),
  );
  return members.every(({ id, process }) => {
    const ledger = process?.ledger();
    const progress = status.progress.get(id);
    return (
      ledger?.index === status.lastIndex &&
      ledger.hash === head.hash &&
      progress?.match === status.lastIndex &&
      (id === leader.id || progress.state === 'replicate')
    );
  });
}
