// SPDX-License-Identifier: Apache-2.0
// Everything there is: machines on a network in virtual time, and whoever watches them. It does nothing by
// itself; faults, clients and the operator do.

import { assert } from '../../../base/assert.ts';
import {
  type Configuration,
  emptyConfiguration,
} from '../../../sidechain/raft/configuration/configuration.ts';
import type { NodeId } from '../../../sidechain/raft/entry.ts';
import type { PeerMessage } from '../../../sidechain/raft/message.ts';
import type { Happening, Tell } from '../happening.ts';
import { DurableImage } from '../member/durable-image.ts';
import { emptyLedger } from '../member/ledger.ts';
import type { Process } from '../member/process.ts';
import { raftMember } from '../member/raft-member.ts';
import { Machine } from './machine.ts';
import { Network } from './network.ts';
import { Random } from './random.ts';
import { Timeline } from './timeline.ts';
import type { Weather } from './weather.ts';

export class World {
  readonly timeline = new Timeline();
  readonly random: Random;
  readonly weather: Weather;
  readonly network: Network<PeerMessage>;
  readonly machines = new Map<NodeId, Machine>();
  /** Told of everything, in this order. */
  readonly watchers: Tell[] = [];
  /** What was done to the world, by kind. */
  readonly faultCounts = new Map<string, number>();
  readonly #reports: Random;

  constructor(seed: number, draw: (random: Random) => Weather) {
    this.random = new Random(seed);
    this.#reports = this.random.stream('reports');
    this.weather = draw(this.random.stream('weather'));
    this.network = new Network(
      {
        timeline: this.timeline,
        random: this.random.stream('network'),
        deliver: (message) => this.#deliver(message),
        onLost: (message) => this.#reportLost(message),
        count: (what) => this.count(`message-${what}`),
      },
      this.weather.network,
    );
  }

  readonly tell = (happening: Happening): void => {
    for (const watcher of this.watchers) watcher(happening);
  };

  count(kind: string): void {
    this.faultCounts.set(kind, (this.faultCounts.get(kind) ?? 0) + 1);
  }

  /** The first members, all with the same beginning. */
  found(): void {
    const { voters, learners } = this.weather;
    const ids = Array.from({ length: voters + learners }, (_, i) => i + 1);
    const configuration = {
      ...emptyConfiguration,
      voters: ids.slice(0, voters),
      learners: ids.slice(voters),
    };
    for (const _ of ids) this.addMachine(configuration).start();
  }

  /** A new machine with a new id, and a card that is empty or bears the group's beginning. */
  addMachine(beginning?: Configuration): Machine {
    const id = this.machines.size + 1;
    const random = this.random.stream(`machine ${id}`);
    const machine = new Machine(id, {
      timeline: this.timeline,
      random,
      startProcess: raftMember(this.weather.member),
      writeMsMax: this.weather.writeMsMax,
      send: (message) => this.network.send(message),
      tell: this.tell,
      onEnded: () => this.timeline.after(random.between(500, 3_000), () => machine.start()),
    });
    machine.skew = 1 + (2 * random.next() - 1) * this.weather.skewMax;
    const image = new DurableImage();
    if (beginning !== undefined) {
      image.hardState = { term: 1, vote: 0, commit: 1 };
      image.install({ ledger: { ...emptyLedger, index: 1, term: 1 }, configuration: beginning });
    }
    machine.disk.format(image);
    this.machines.set(id, machine);
    return machine;
  }

  machine(id: NodeId): Machine {
    const machine = this.machines.get(id);
    assert(machine !== undefined, `machine ${id} exists`);
    return machine;
  }

  /** Those whose process runs. */
  running(): readonly Machine[] {
    return [...this.machines.values()].filter(({ process }) => process !== undefined);
  }

  /** Whoever takes itself for the leader, in the highest term. */
  leader(): Machine | undefined {
    const leaders = this.running().filter(({ process }) => process?.status().role === 'leader');
    const termOf = ({ process }: Machine): number => process?.status().term ?? 0;
    return leaders.reduce<Machine | undefined>(
      (best, one) => (best === undefined || termOf(one) > termOf(best) ? one : best),
      undefined,
    );
  }

  #deliver(message: PeerMessage): boolean {
    const isThere =
      this.machines.get(message.to)?.call((process) => process.receive(message)) ?? false;
    if (isThere && message.kind === 'snapshot') this.#reportSnapshot(message, 'delivered');
    return isThere;
  }

  /** What a transport notices of what it could not deliver: snapshots always, the rest now and then. */
  #reportLost(message: PeerMessage): void {
    const { from, to } = message;
    if (message.kind === 'snapshot') this.#reportSnapshot(message, 'failed');
    else if (this.#reports.chance(0.1)) {
      this.#toSender(from, 100, (process) => process.reportUnreachable(to));
    }
  }

  #reportSnapshot({ from, to }: PeerMessage, outcome: 'delivered' | 'failed'): void {
    const delayMs = outcome === 'failed' ? 1_000 : 20;
    this.#toSender(from, delayMs, (process) => process.reportSnapshot(to, outcome));
  }

  /** In the same life only. */
  #toSender(id: NodeId, delayMs: number, act: (process: Process) => void): void {
    const machine = this.machine(id);
    const sender = machine.process;
    this.timeline.after(delayMs, () => {
      if (machine.process === sender) machine.call(act);
    });
  }
}
