// SPDX-License-Identifier: Apache-2.0
// How long to wait for each device on a line: a few times what it usually takes, no less than a busy
// system needs, and no more than the line allows. One that has fallen silent is given less, so that
// it costs the others little. Pure.

import { limits } from '../../base/limits.ts';
import { countOf, type Latency, merged, noLatency, percentile, withLatency } from './latency.ts';

type Peer = {
  readonly latency: Latency;
  /** Time-outs since the last answer. */
  readonly silentCount: number;
};

const newPeer: Peer = { latency: noLatency, silentCount: 0 };

const share = 0.95;
const usualFactor = 4;
const silentFactor = 2;
// Fewer answers than that say little about the next.
const answersMin = 8;
// So many time-outs in a row are no accident.
const accidentsMax = 1;
// What is tried for a device that no other on its line is like.
const strangerMs = 250;

export class Patience {
  /** Longest time that a device may take. */
  readonly ceilingMs: number;
  readonly #peers = new Map<string, Peer>();

  constructor(ceilingMs: number) {
    this.ceilingMs = ceilingMs;
  }

  timeoutMs(name: string): number {
    const { latency, silentCount } = this.#peers.get(name) ?? newPeer;
    if (countOf(latency) >= answersMin) {
      return this.#scaled(latency, silentCount > accidentsMax ? silentFactor : usualFactor);
    }
    if (silentCount === 0) return this.ceilingMs;
    const others = merged([...this.#peers.values()].map((peer) => peer.latency));
    if (countOf(others) >= answersMin) return this.#scaled(others, usualFactor);
    return Math.min(strangerMs, this.ceilingMs);
  }

  answered(name: string, latencyMs: number): void {
    const { latency } = this.#peers.get(name) ?? newPeer;
    this.#set(name, { latency: withLatency(latency, latencyMs), silentCount: 0 });
  }

  timedOut(name: string): void {
    const peer = this.#peers.get(name) ?? newPeer;
    this.#set(name, { ...peer, silentCount: peer.silentCount + 1 });
  }

  /** What an earlier run measured. */
  recall(name: string, latency: Latency): void {
    this.#set(name, { latency, silentCount: 0 });
  }

  /** All that ever answered, or were recalled. */
  peers(): readonly string[] {
    return [...this.#peers].flatMap(([name, { latency }]) => (latency.length > 0 ? [name] : []));
  }

  latencyOf(name: string): Latency {
    return this.#peers.get(name)?.latency ?? noLatency;
  }

  #scaled(latency: Latency, factor: number): number {
    const ms = factor * (percentile(latency, share) ?? this.ceilingMs);
    return Math.min(Math.max(ms, limits.lineTimeoutMsMin), this.ceilingMs);
  }

  /** A scan asks many that are not there: who was heard of longest ago is forgotten. */
  #set(name: string, peer: Peer): void {
    this.#peers.delete(name);
    this.#peers.set(name, peer);
    const [oldest] = this.#peers.keys();
    if (this.#peers.size > limits.linePeersMax && oldest !== undefined) this.#peers.delete(oldest);
  }
}
