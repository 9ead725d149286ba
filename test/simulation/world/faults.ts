// SPDX-License-Identifier: Apache-2.0
// What goes wrong, each kind as often as the weather says. Everything but a lost card is undone
// after a while by whoever did it, and all of it at once by `end`.

import type { NodeId } from '../../../sidechain/raft/entry.ts';
import type { Happening } from '../happening.ts';
import type { Link } from './network.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';
import { type FaultKind, type FaultRates, faultKinds } from './weather.ts';

type Strike = 'new-leader-struck' | 'change-struck';
type Accident = Exclude<FaultKind, Strike>;

/** A machine of any world, as far as something may happen to it. */
export type Victim = {
  readonly id: NodeId;
  isGone: boolean;
  isRotten: boolean;
  skew: number;
  readonly disk: {
    isFull: boolean;
    isSyncFailing: boolean;
    stalledUntilMs: number;
    onWrite: (() => void) | undefined;
    readonly rot: () => boolean;
  };
  readonly start: () => void;
  /** @returns what became of what was not synced. */
  readonly crash: (why: string) => string;
  readonly pause: (durationMs: number) => void;
};

/** Does it, unless it returns false. */
type Act<Machine> = (victim: Machine) => boolean | undefined;

export type FaultPorts<Machine> = {
  readonly world: {
    readonly timeline: Timeline;
    readonly random: Random;
    readonly weather: { readonly faultsPerMinute: FaultRates };
    readonly machines: ReadonlyMap<NodeId, Machine>;
    readonly network: {
      readonly cut: (links: readonly Link[]) => void;
      readonly open: (links: readonly Link[]) => void;
      readonly slow: (link: Link, delayMs: number) => void;
    };
    readonly watchers: ((happening: Happening) => void)[];
    readonly leader: () => Machine | undefined;
    readonly count: (kind: string) => void;
  };
  /** Whether the group can do for ever without this one. */
  readonly mayLose: (victim: Machine) => boolean;
  /** What happens to the machines of this world alone, or in another way. */
  readonly more: Partial<Readonly<Record<FaultKind, Act<Machine>>>>;
};

const blows = ['crash', 'isolation', 'one-way-cut', 'pause'] as const;

/** So many a minute mean: each time. */
const strikesMax = 15;

function isStrike(kind: FaultKind): kind is Strike {
  return kind === 'new-leader-struck' || kind === 'change-struck';
}

export class Faults<Machine extends Victim> {
  readonly #ports: FaultPorts<Machine>;
  readonly #world: FaultPorts<Machine>['world'];
  readonly #random: Random;
  #isOver = false;
  #lastTerm = 0;

  constructor(ports: FaultPorts<Machine>) {
    const { world } = ports;
    this.#ports = ports;
    this.#world = world;
    this.#random = world.random.stream('faults');
    for (const kind of faultKinds) if (!isStrike(kind)) this.#repeat(kind);
    world.watchers.push((happening) => this.#see(happening));
  }

  /** No new ones; those under way are left as they are. */
  end(): void {
    this.#isOver = true;
  }

  #repeat(kind: Accident): void {
    const perMinute = this.#world.weather.faultsPerMinute[kind];
    if (perMinute === 0) return;
    this.#world.timeline.after(this.#random.untilNextMs(perMinute), () => {
      if (this.#isOver) return;
      const victim = this.#victim();
      const act = this.#ports.more[kind] ?? this.#acts[kind];
      if (victim !== undefined && act?.(victim) !== false) this.#world.count(kind);
      this.#repeat(kind);
    });
  }

  /** Whoever leads, as often as anybody else. */
  #victim(): Machine | undefined {
    const leader = this.#world.leader();
    if (leader !== undefined && this.#random.chance(0.4)) return leader;
    const machines = [...this.#world.machines.values()].filter(({ isGone }) => !isGone);
    return machines.length === 0 ? undefined : this.#random.any(machines);
  }

  /** When it hurts most: at who was just elected, or while a change of members takes effect. */
  #see(happening: Happening): void {
    if (this.#isOver) return;
    if (happening.kind === 'configured') this.#strike('change-struck', happening.member);
    const term = reignOf(happening);
    if (term <= this.#lastTerm) return;
    this.#lastTerm = term;
    this.#strike('new-leader-struck', happening.member);
  }

  #strike(kind: Strike, member: NodeId): void {
    if (!this.#random.chance(this.#world.weather.faultsPerMinute[kind] / strikesMax)) return;
    const victim = this.#world.machines.get(member);
    if (victim === undefined) return;
    this.#world.timeline.after(this.#random.between(0, 300), () => {
      if (this.#isOver) return;
      this.#world.count(kind);
      this.#acts[this.#random.any(blows)]?.(victim);
    });
  }

  readonly #acts: Partial<Readonly<Record<FaultKind, Act<Machine>>>> = {
    crash: (victim) => this.#crash(victim, 'crash'),
    'power-cut-in-write': (victim) => {
      victim.disk.onWrite = () => {
        victim.disk.onWrite = undefined;
        this.#world.timeline.after(0, () => this.#crash(victim, 'power cut in a write'));
      };
      return undefined;
    },
    pause: (victim) => {
      victim.pause(this.#random.between(300, 8_000));
      return undefined;
    },
    partition: () => {
      const side = new Set(this.#random.some(this.#ids()));
      return this.#cut(this.#links().filter(({ from, to }) => side.has(from) !== side.has(to)));
    },
    isolation: ({ id }) =>
      this.#cut(this.#links().filter(({ from, to }) => from === id || to === id)),
    'one-way-cut': ({ id }) => {
      const isDeaf = this.#random.chance(0.5);
      const links = this.#links().filter(({ from, to }) => (isDeaf ? to : from) === id);
      return this.#cut(this.#random.chance(0.5) ? links : this.#random.some(links));
    },
    'partial-cut': () => {
      const pairs = this.#random.some(this.#links().filter(({ from, to }) => from < to));
      return this.#cut(
        pairs.flatMap(({ from, to }) => [
          { from, to },
          { from: to, to: from },
        ]),
      );
    },
    'slow-link': () => {
      const [link] = this.#random.shuffled(this.#links());
      if (link === undefined) return false;
      this.#world.network.slow(link, this.#random.between(50, 1_500));
      this.#later(20_000, () => this.#world.network.slow(link, 0));
      return undefined;
    },
    'disk-stall': ({ disk }) => {
      disk.stalledUntilMs = this.#world.timeline.nowMs + this.#random.between(100, 6_000);
      return undefined;
    },
    'failed-sync': ({ disk }) => {
      disk.isSyncFailing = true;
      return undefined;
    },
    'full-disk': ({ disk }) => {
      disk.isFull = true;
      this.#later(20_000, () => {
        disk.isFull = false;
      });
      return undefined;
    },
    'bit-rot': (victim) => {
      if (!this.#ports.mayLose(victim) || !victim.disk.rot()) return false;
      victim.isRotten = true;
      return this.#crash(victim, 'a bit rots');
    },
    wipe: (victim) => {
      if (!this.#ports.mayLose(victim)) return false;
      victim.crash('its card is lost');
      victim.isGone = true;
      return undefined;
    },
    'clock-skew': (victim) => {
      victim.skew = 1 + (2 * this.#random.next() - 1) * 0.5;
      return undefined;
    },
  };

  #crash(victim: Machine, why: string): undefined {
    const unsynced = victim.crash(why);
    if (unsynced !== 'nothing-lost') this.#world.count(`unsynced-${unsynced}`);
    this.#later(15_000, () => victim.start());
    return undefined;
  }

  #cut(links: readonly Link[]): boolean | undefined {
    if (links.length === 0) return false;
    this.#world.network.cut(links);
    this.#later(20_000, () => this.#world.network.open(links));
    return undefined;
  }

  /** Unless it is over by then: what is left is for the healing to undo. */
  #later(withinMs: number, undo: () => void): void {
    this.#world.timeline.after(this.#random.between(200, withinMs), () => {
      if (!this.#isOver) undo();
    });
  }

  #ids(): readonly NodeId[] {
    return [...this.#world.machines.values()].filter(({ isGone }) => !isGone).map(({ id }) => id);
  }

  #links(): readonly Link[] {
    const ids = this.#ids();
    return ids.flatMap((from) => ids.filter((to) => to !== from).map((to) => ({ from, to })));
  }
}

/** Term in which somebody leads, as this shows; 0 where it does not. */
function reignOf(happening: Happening): number {
  if (happening.kind === 'leads') return happening.term;
  const isReign = happening.kind === 'took' && happening.ready.role === 'leader';
  return isReign ? happening.status.term : 0;
}
