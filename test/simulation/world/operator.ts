// SPDX-License-Identifier: Apache-2.0
// Whoever changes the members, without care for the weather but never foolishly: no change is asked
// for that would leave too few voters that can ever come back. Who lost its card is replaced; who
// was removed runs on for a while, and may be taken back.

import {
  type ConfigurationChange,
  leaveJointChange,
  type MemberChange,
  type Transition,
} from '../../../sidechain/raft/configuration/change.ts';
import {
  type Configuration,
  isJoint,
  isMember,
  votersOf,
} from '../../../sidechain/raft/configuration/configuration.ts';
import type { NodeId } from '../../../sidechain/raft/entry.ts';
import { changed, configurationsInUse, maySpare, survives } from './in-use.ts';
import type { Machine } from './machine.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

const votersMax = 7;
const machinesMax = 9;
const transitions: readonly Transition[] = ['auto', 'auto', 'joint-implicit', 'joint-explicit'];

/** A change that is older than this is done or lost: nothing is under way for so long. */
export const settledMs = 40_000;

export class Operator {
  isAtRest = false;
  readonly #world: World;
  readonly #random: Random;
  #lastChangeMs = Number.NEGATIVE_INFINITY;

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random.stream('operator');
    const { changesPerMinute, returnsPerMinute, transfersPerMinute } = world.weather;
    this.#repeat(changesPerMinute, () => this.#changeSomething());
    this.#repeat(returnsPerMinute, () => this.#returnOne());
    this.#repeat(transfersPerMinute, () => this.#transfer());
    // Cards that are lost are replaced in any weather.
    this.#repeat(2, () => this.replaceGone());
  }

  /** Whether a change that was asked for may still come about. */
  isChangeUnderWay(): boolean {
    return this.#world.timeline.nowMs - this.#lastChangeMs < settledMs;
  }

  /** Asks for a change, of whoever leads. @returns whether it was taken. */
  propose(change: ConfigurationChange): boolean {
    const machine = this.#asked();
    if (machine === undefined) return false;
    this.#lastChangeMs = this.#world.timeline.nowMs;
    this.#world.count('membership-change');
    let isTaken = false;
    machine.call((process) => {
      isTaken = process.change(change);
    });
    return isTaken;
  }

  /** Takes one that lost its card out, and a new one in, each time one step of it. */
  replaceGone(): void {
    const configuration = this.#configuration();
    if (configuration === undefined) return;
    const gone = [...votersOf(configuration), ...configuration.learners].find(
      (id) => this.#world.machine(id).isGone,
    );
    if (gone === undefined) return;
    if (isJoint(configuration) && !configuration.autoLeave) this.propose(leaveJointChange);
    else this.#tryChange(configuration, [{ operation: 'remove', member: gone }], 'auto');
  }

  #repeat(perMinute: number, act: () => void): void {
    if (perMinute === 0) return;
    this.#world.timeline.after(this.#random.untilNextMs(perMinute), () => {
      if (!this.isAtRest) act();
      this.#repeat(perMinute, act);
    });
  }

  /** The leader, mostly; anyone passes it on. */
  #asked(): Machine | undefined {
    const running = this.#world.running();
    if (running.length === 0) return undefined;
    const leader = this.#world.leader();
    return leader !== undefined && this.#random.chance(0.8) ? leader : this.#random.any(running);
  }

  #configuration(): Configuration | undefined {
    const machine = this.#world.leader() ?? this.#world.running()[0];
    const configuration = machine?.process?.status().configuration;
    // A new machine does not know of anybody yet.
    return configuration?.voters.length === 0 ? undefined : configuration;
  }

  #isLost(id: NodeId): boolean {
    return this.#world.machines.get(id)?.isLost ?? true;
  }

  #changeSomething(): void {
    const configuration = this.#configuration();
    if (configuration === undefined) return;
    if (isJoint(configuration) && !configuration.autoLeave && this.#random.chance(0.5)) {
      this.propose(leaveJointChange);
      return;
    }
    const dice = this.#random.next();
    if (dice < 0.2) {
      if (dice < 0.1) this.#retire(configuration);
      else this.#recycle(configuration);
      return;
    }
    const count = this.#random.any([1, 1, 1, 2, 3]);
    const changes =
      this.#random.chance(0.2) && configuration.learners.length > 0
        ? this.#anySwap(configuration)
        : Array.from({ length: count }, () => this.#anyChange(configuration));
    this.#tryChange(configuration, changes, this.#random.any(transitions));
  }

  #anyChange(configuration: Configuration): MemberChange {
    const { voters, learners } = configuration;
    const dice = this.#random.next();
    const [member] = this.#random.shuffled(learners);
    if (dice < 0.3 && member !== undefined && voters.length < votersMax) {
      return { operation: 'add-voter', member };
    }
    if (dice < 0.6) return { operation: 'add-learner', member: this.#stranger(configuration) };
    const leader = this.#world.leader();
    const isOutgoing =
      leader !== undefined && voters.includes(leader.id) && this.#random.chance(0.3);
    if (dice < 0.75) return { operation: 'add-learner', member: this.#random.any(voters) };
    const some = this.#random.any([...voters, ...learners]);
    return { operation: 'remove', member: isOutgoing ? leader.id : some };
  }

  /** Up to all voters at once. */
  #anySwap({ voters, learners }: Configuration): readonly MemberChange[] {
    const count = Math.min(this.#random.between(1, 3), voters.length, learners.length);
    const [leaving, coming] = [voters, learners].map((all) => this.#random.shuffled(all));
    return [
      ...(leaving ?? [])
        .slice(0, count)
        .map((member) => ({ operation: 'remove', member }) as const),
      ...(coming ?? [])
        .slice(0, count)
        .map((member) => ({ operation: 'add-voter', member }) as const),
    ];
  }

  /** One that is no member: who was removed and still runs, or a new one. */
  #stranger(configuration: Configuration): NodeId {
    const running = this.#world.running();
    const strangers = running.filter(({ id }) => !isMember(configuration, id));
    if (strangers.length > 0 && this.#random.chance(0.7)) return this.#random.any(strangers).id;
    if (running.length >= machinesMax) return this.#random.any(running).id;
    const machine = this.#world.addMachine();
    machine.start();
    return machine.id;
  }

  #tryChange(
    configuration: Configuration,
    changes: readonly MemberChange[],
    transition: Transition,
  ): void {
    const change = { transition, changes, context: new Uint8Array() };
    const next = changed(configuration, change);
    // What the core would refuse is asked for now and then.
    if (next === undefined ? this.#random.chance(0.9) : !survives(next, (id) => this.#isLost(id))) {
      return;
    }
    this.propose(change);
  }

  /**
   * Who was removed gets an empty card and keeps its id. That is not to be done; but where nobody
   * takes it for a member any more, and nobody's word to it is still under way, it must do no harm.
   */
  #recycle(configuration: Configuration): void {
    const strangers = this.#world.running().filter(({ id }) => !isMember(configuration, id));
    const inUse = configurationsInUse(this.#world);
    const forgotten = strangers.find(({ id }) => !inUse.some((one) => isMember(one, id)));
    if (forgotten === undefined) return;
    this.#world.network.forget(forgotten.id);
    forgotten.startAnew();
    this.#world.count('id-used-again');
    const changes = [{ operation: 'add-learner', member: forgotten.id }] as const;
    this.#tryChange(configuration, changes, 'auto');
  }

  /** Takes a learner out, or one that is out in again. */
  #returnOne(): void {
    const configuration = this.#configuration();
    if (configuration === undefined) return;
    const [member] = this.#random.shuffled(configuration.learners);
    if (member === undefined || this.#random.chance(0.5)) this.#recycle(configuration);
    else this.#tryChange(configuration, [{ operation: 'remove', member }], 'auto');
  }

  /** Who is not needed any more goes out of service. */
  #retire(configuration: Configuration): void {
    const stranger = this.#world.running().find(({ id }) => !isMember(configuration, id));
    if (stranger === undefined || this.isChangeUnderWay()) return;
    if (!maySpare(this.#world, [stranger.id])) return;
    stranger.crash('taken out of service');
    stranger.isGone = true;
  }

  #transfer(): void {
    const configuration = this.#configuration();
    if (configuration === undefined) return;
    const to = this.#random.any(votersOf(configuration));
    this.#world.count('transfer');
    this.#asked()?.call((process) => process.transfer(to));
  }
}
