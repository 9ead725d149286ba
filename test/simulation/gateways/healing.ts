// SPDX-License-Identifier: Apache-2.0
// After the faults: first a majority gets well and must go on without the rest; then all do that
// can, and must come to rest with the same chain, nothing left to be said, and checkpoints signed.

import { limits } from '../../../base/limits.ts';
import { auditChain } from '../../../sidechain/store/audit.ts';
import { Violation } from '../violation.ts';
import type { Random } from '../world/random.ts';
import type { GatewayClients } from './clients.ts';
import type { Machine } from './machine.ts';
import type { GatewayWorld } from './world.ts';

/** Far more than an election takes, and to be asked twice what others remember. */
const progressMsMax = 90_000;
const calmMs = 10_000;

const calm = {
  delayMsMax: 10,
  lossRate: 0,
  doubledRate: 0,
  lateRate: 0,
  lateMsMax: 100,
  isOrdered: false,
};

export class GatewayHealing {
  readonly #world: GatewayWorld;
  readonly #clients: GatewayClients;
  readonly #random: Random;

  constructor(world: GatewayWorld, clients: GatewayClients) {
    this.#world = world;
    this.#clients = clients;
    this.#random = world.random.stream('healing');
  }

  async run(): Promise<void> {
    const { network, weather } = this.#world;
    this.#clients.isBusy = false;
    const lateMsMax = weather.network.lateMsMax;
    network.weather = calm;
    network.heal();
    const broken = this.#chooseBroken();
    for (const machine of this.#world.machines.values()) {
      if (machine.isRotten) retire(machine);
      else if (broken.includes(machine)) this.#leaveBroken(machine);
      else repair(machine);
    }
    await this.#expectProgress(broken);
    network.heal();
    for (const machine of this.#world.machines.values()) repair(machine);
    await this.#world.pass(lateMsMax);
    await this.#expectRest();
    await this.#expectCalm();
    await this.#expectSigned();
    await this.#audit();
  }

  /** As many as the chain can do without. */
  #chooseBroken(): readonly Machine[] {
    const chosen: Machine[] = [];
    for (const machine of this.#random.shuffled([...this.#world.machines.values()])) {
      const ids = [...chosen, machine].map(({ id }) => id);
      const isSpared = this.#random.chance(0.5);
      if (!isSpared && !machine.isLost && this.#world.maySpare(ids)) chosen.push(machine);
    }
    return chosen;
  }

  #leaveBroken(machine: Machine): void {
    const ails = this.#random.any(['down', 'full', 'hung', 'paused', 'nothing'] as const);
    if (ails === 'down') machine.crash('left down');
    else repair(machine);
    if (ails === 'full') machine.disk.isFull = true;
    if (ails === 'hung') machine.disk.stalledUntilMs = Number.MAX_SAFE_INTEGER;
    if (ails === 'paused') machine.pause(3 * progressMsMax);
    const others = [...this.#world.machines.keys()].filter((id) => id !== machine.id);
    const links = others.flatMap((id) => [
      { from: id, to: machine.id },
      { from: machine.id, to: id },
    ]);
    this.#world.network.cut(this.#random.some(links));
  }

  /** Somebody's entries are taken. Not everybody's: who does not hear a leader that is heard may wait. */
  async #expectProgress(broken: readonly Machine[]): Promise<void> {
    const well = [...this.#world.machines.values()].filter((machine) => !broken.includes(machine));
    const left = (): number => well.filter(isWaiting).length;
    await this.#until('a majority is well, and none comes up', () => left() < well.length);
    await this.#world.pass(calmMs);
    // One entry after the other: a leader whose disk hangs takes as many as may be under way.
    for (let round = 0; round < limits.blocksUnderWayMax + 2; round++) {
      for (const machine of well) this.#clients.submit(machine);
      await this.#until('a majority is well, and no entry is taken', () => left() < well.length);
    }
  }

  /** All that waits is taken, and all who are well have the same chain. */
  async #expectRest(): Promise<void> {
    const all = [...this.#world.machines.values()];
    const well = (): readonly Machine[] => all.filter(({ isGone }) => !isGone);
    const isUp = ({ node }: Machine): boolean => node?.status().mayPromise === true;
    await this.#until('all are well, and some do not come up', () => well().every(isUp));
    for (const machine of well()) this.#clients.submit(machine);
    await this.#until('all are well, and entries are not taken', () => !well().some(isWaiting));
    const heights = (): Set<unknown> => new Set(well().map(({ node }) => node?.status().height));
    await this.#until('all are well, and some stay behind', () => heights().size === 1);
  }

  /** Nobody disturbs a leader that is well. */
  async #expectCalm(): Promise<void> {
    const before = this.#world.leader();
    const term = before?.node?.status().term;
    await this.#world.pass(calmMs);
    const after = this.#world.leader();
    if (before === after && term === after?.node?.status().term) return;
    throw new Violation('calm', `${before?.id} led in term ${term}; in calm weather ${after?.id}`);
  }

  /** Whoever asks gets a checkpoint that enough have signed. */
  async #expectSigned(): Promise<void> {
    for (const machine of this.#world.running()) {
      let isDone = false;
      const ask = (): void => {
        void this.#clients.checkpoint(machine).then((isSigned) => {
          isDone = isSigned;
          if (!isSigned) ask();
        });
      };
      ask();
      await this.#until(`${machine.id} gets no checkpoint signed`, () => isDone);
    }
  }

  /** Each copy is sound in all that an audit looks at. */
  async #audit(): Promise<void> {
    const { suite } = this.#world.founding;
    for (const { id, disk } of this.#world.running()) {
      const report = await auditChain({ database: disk.still(), suite, contracts: [] });
      if (!report.ok) throw new Violation('audit', `the chain of ${id}: ${report.detail}`);
    }
  }

  async #until(complaint: string, isDone: () => boolean): Promise<void> {
    for (let passedMs = 0; passedMs <= progressMsMax; passedMs += 100) {
      if (isDone()) return;
      await this.#world.pass(100);
    }
    throw new Violation('progress', `${complaint} within ${progressMsMax / 1_000} s`);
  }
}

function isWaiting({ node }: Machine): boolean {
  return node === undefined || node.status().outbox.count > 0;
}

/** A card that rotted is taken out for good: nobody knows what else is wrong with it. */
function retire(machine: Machine): void {
  machine.crash('its card rots');
  machine.isGone = true;
}

function repair(machine: Machine): void {
  machine.disk.isFull = false;
  machine.disk.isSyncFailing = false;
  machine.disk.stalledUntilMs = 0;
  machine.disk.onWrite = undefined;
  machine.resume();
  machine.start();
}
