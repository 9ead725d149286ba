// SPDX-License-Identifier: Apache-2.0
// A simulated network: each message takes its time, or is lost, doubled, late. Links are cut one
// way at a time; whoever cuts one opens it again. Nothing is altered, and nobody speaks for
// another: the real one has TLS.

import type { NodeId } from '../../../sidechain/raft/entry.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';
import type { NetworkWeather } from './weather.ts';

export type Link = { readonly from: NodeId; readonly to: NodeId };

export type NetworkPorts<Message extends Link> = {
  readonly timeline: Timeline;
  readonly random: Random;
  /** @returns false if nobody is there. */
  readonly deliver: (message: Message) => boolean;
  readonly onLost: (message: Message) => void;
  readonly count: (what: 'lost' | 'doubled' | 'late') => void;
};

export class Network<Message extends Link> {
  weather: NetworkWeather;
  readonly #ports: NetworkPorts<Message>;
  /** How many cuts a link suffers, and how much slower it is. */
  readonly #cuts = new Map<string, number>();
  readonly #slowMs = new Map<string, number>();
  readonly #forgottenCounts = new Map<NodeId, number>();
  /** When the last message of a link arrives. */
  readonly #lastMs = new Map<string, number>();

  constructor(ports: NetworkPorts<Message>, weather: NetworkWeather) {
    this.#ports = ports;
    this.weather = weather;
  }

  send(message: Message): void {
    const { random } = this.#ports;
    if (random.chance(this.weather.lossRate)) {
      this.#lose(message);
      return;
    }
    this.#plan(message, this.#delayMs(message));
    if (random.chance(this.weather.doubledRate)) {
      this.#ports.count('doubled');
      this.#plan(message, random.between(1, this.weather.lateMsMax));
    }
  }

  cut(links: readonly Link[]): void {
    for (const link of links) this.#cuts.set(nameOf(link), this.#cutCount(link) + 1);
  }

  /** Undoes one `cut` of the same links. */
  open(links: readonly Link[]): void {
    for (const link of links) this.#cuts.set(nameOf(link), Math.max(this.#cutCount(link) - 1, 0));
  }

  slow(link: Link, delayMs: number): void {
    this.#slowMs.set(nameOf(link), delayMs);
  }

  /** All links are open and as fast as usual. */
  heal(): void {
    this.#cuts.clear();
    this.#slowMs.clear();
  }

  /** What is under way to this one never arrives. */
  forget(to: NodeId): void {
    this.#forgottenCounts.set(to, this.#forgottenCount(to) + 1);
  }

  #forgottenCount(to: NodeId): number {
    return this.#forgottenCounts.get(to) ?? 0;
  }

  isCut(link: Link): boolean {
    return this.#cutCount(link) > 0;
  }

  #cutCount(link: Link): number {
    return this.#cuts.get(nameOf(link)) ?? 0;
  }

  #delayMs(message: Message): number {
    const { random, timeline } = this.#ports;
    const { delayMsMax, lateRate, lateMsMax, isOrdered } = this.weather;
    if (random.chance(lateRate)) {
      this.#ports.count('late');
      return random.between(delayMsMax, lateMsMax);
    }
    const name = nameOf(message);
    const delayMs = random.between(1, delayMsMax) + (this.#slowMs.get(name) ?? 0);
    if (!isOrdered) return delayMs;
    const atMs = Math.max(timeline.nowMs + delayMs, this.#lastMs.get(name) ?? 0);
    this.#lastMs.set(name, atMs);
    return atMs - timeline.nowMs;
  }

  #plan(message: Message, delayMs: number): void {
    if (this.isCut(message)) {
      this.#lose(message);
      return;
    }
    const forgottenCount = this.#forgottenCount(message.to);
    this.#ports.timeline.after(delayMs, () => {
      if (forgottenCount !== this.#forgottenCount(message.to)) return;
      // Of what is under way when the link is cut, some is past the cut already.
      const isLost = this.isCut(message) && this.#ports.random.chance(0.5);
      if (isLost || !this.#ports.deliver(message)) this.#lose(message);
    });
  }

  #lose(message: Message): void {
    this.#ports.count('lost');
    this.#ports.onLost(message);
  }
}

function nameOf({ from, to }: Link): string {
  return `${from}>${to}`;
}
