// SPDX-License-Identifier: Apache-2.0
// A chain of gateways on a network in virtual time, and whoever watches them. Real nodes run on
// promises, so after each event the world waits until nothing is left that does not wait for time.

import { assert, InvariantError } from '../../../base/assert.ts';
import { TielineError } from '../../../base/errors.ts';
import type { NodeId } from '../../../sidechain/raft/entry.ts';
import type { Happening, Tell } from '../happening.ts';
import { Violation } from '../violation.ts';
import { Network } from '../world/network.ts';
import { Random } from '../world/random.ts';
import { Timeline } from '../world/timeline.ts';
import { type Founding, found } from './founding.ts';
import { Machine } from './machine.ts';
import type { Parcel } from './parcel.ts';
import { drawGatewayWeather, type GatewayWeather } from './weather.ts';

/** Ends of a process that a failing card explains. */
const cardFailures = ['database-full', 'database-io'];

/** Ends for good: of one whose card is not what it should be, and of nobody else. */
const endsForGood = [
  'chain-stopped',
  'rollback',
  'database-damaged',
  'log-damaged',
  'diverged',
  'block-malformed',
];

export class GatewayWorld {
  readonly timeline = new Timeline();
  readonly random: Random;
  readonly weather: GatewayWeather;
  readonly founding: Founding;
  readonly network: Network<Parcel>;
  readonly machines = new Map<NodeId, Machine>();
  readonly watchers: Tell[] = [];
  readonly faultCounts = new Map<string, number>();
  /** Nothing new goes wrong any more. */
  isCalm = false;
  readonly #reports: Random;
  #failure: unknown;

  constructor(seed: number) {
    this.random = new Random(seed);
    this.#reports = this.random.stream('reports');
    this.weather = drawGatewayWeather(this.random.stream('weather'));
    this.founding = found(this.weather);
    this.network = new Network(
      {
        timeline: this.timeline,
        random: this.random.stream('network'),
        deliver: (parcel) => this.machines.get(parcel.to)?.deliver(parcel) ?? false,
        onLost: ({ from, to }) => {
          if (this.#reports.chance(0.1)) this.machines.get(from)?.lost(to);
        },
        count: (what) => this.count(`message-${what}`),
      },
      this.weather.network,
    );
    for (const [i, signer] of this.founding.signers.entries()) this.#add(i + 1, signer);
  }

  /** What a watcher throws is kept: it is called in the middle of what is watched. */
  readonly tell = (happening: Happening): void => {
    try {
      for (const watcher of this.watchers) watcher(happening);
    } catch (error) {
      this.fail(error);
    }
  };

  readonly count = (kind: string): void => {
    this.faultCounts.set(kind, (this.faultCounts.get(kind) ?? 0) + 1);
  };

  fail(error: unknown): void {
    this.#failure ??= error;
  }

  /** Lets happen what is due within that time. @throws Violation, and whatever else went wrong. */
  pass(durationMs: number): Promise<void> {
    return this.timeline.passSettled(durationMs, async () => {
      // Not before all that was promised is kept.
      await new Promise(setImmediate);
      for (const machine of this.machines.values()) this.#retireIfForgotten(machine);
      if (this.#failure !== undefined) throw this.#failure;
    });
  }

  machine(id: NodeId): Machine {
    const machine = this.machines.get(id);
    assert(machine !== undefined, `machine ${id} exists`);
    return machine;
  }

  isVoter(id: NodeId): boolean {
    return id <= this.weather.voters;
  }

  /** Those that are open. */
  running(): readonly Machine[] {
    return [...this.machines.values()].filter(({ node }) => node !== undefined);
  }

  /** Whoever takes itself for the leader, in the highest term. */
  readonly leader = (): Machine | undefined => {
    const termOf = ({ node }: Machine): number => node?.status().term ?? 0;
    return this.running()
      .filter(({ node }) => node?.isLeader)
      .reduce<Machine | undefined>(
        (best, one) => (best === undefined || termOf(one) > termOf(best) ? one : best),
        undefined,
      );
  };

  /** Whether a majority of the voters is left for ever without those, and without all that are lost. */
  maySpare(ids: readonly NodeId[]): boolean {
    const { voters } = this.weather;
    const left = [...this.machines.values()].filter(
      ({ id, isLost }) => this.isVoter(id) && !isLost && !ids.includes(id),
    );
    return left.length * 2 > voters;
  }

  close(): void {
    for (const { disk } of this.machines.values()) disk.close();
  }

  /**
   * Whether a disk is an older copy, a member learns from those who remember its promises. Where too
   * few of them have been up since, it may go on: two faults at once, against which nothing is
   * promised, and so nothing is expected here.
   */
  #retireIfForgotten(machine: Machine): void {
    const { id, node, takenBackToMs, answeredBy, isGone } = machine;
    if (takenBackToMs === undefined || isGone || node?.status().mayPromise !== true) return;
    const others = [...this.machines.values()].filter(
      (one) => one.id !== id && this.isVoter(one.id),
    );
    const remembering = others.filter(
      (one) => answeredBy.has(one.id) && one.wasUpAt(takenBackToMs),
    );
    if (remembering.length * 2 > others.length) return;
    this.count('forgotten');
    machine.crash('nobody remembers it');
    machine.isGone = true;
  }

  #add(id: NodeId, signer: Machine['signer']): void {
    const random = this.random.stream(`machine ${id}`);
    const machine = new Machine(id, signer, {
      timeline: this.timeline,
      random,
      weather: this.weather,
      founding: this.founding,
      send: (parcel) => this.network.send(parcel),
      tell: this.tell,
      onEnded: (ended, error) => this.#onEnded(ended, error, random.between(500, 3_000)),
    });
    machine.skew = 1 + (2 * random.next() - 1) * this.weather.skewMax;
    this.machines.set(id, machine);
  }

  #onEnded(machine: Machine, error: unknown, restartMs: number): void {
    if (!(error instanceof TielineError)) {
      this.fail(error instanceof InvariantError ? error : error);
      return;
    }
    const { code, message } = error;
    if (cardFailures.includes(code)) {
      this.timeline.after(restartMs, () => machine.start());
      return;
    }
    const { rottenTables } = machine.disk;
    // A checksum tells what rotted in the log: it must not come to be applied.
    const isMisnamed = code === 'diverged' && !rottenTables.has('block') && rottenTables.size > 0;
    if (endsForGood.includes(code) && machine.isLost && !isMisnamed) {
      machine.isGone = true;
      return;
    }
    this.fail(new Violation('needless-end', `${machine.id} ends: ${code}: ${message}`));
  }
}
