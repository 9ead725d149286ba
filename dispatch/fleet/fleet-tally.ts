// SPDX-License-Identifier: Apache-2.0
// What became of the messages of a fleet: how many were answered how, and after how long. Answers are
// those of a gateway's checks, every so many of them with all signatures.

import type { Suite } from '../../base/suite.ts';
import { openAnswer } from '../../sidechain/chain/answer.ts';
import type { Fleet, FleetMessage } from './fleet.ts';
import { receiptedSize } from './receipted-size.ts';

type Kind = FleetMessage['kind'];

export type Latency = { readonly p50Ms: number; readonly p95Ms: number; readonly p99Ms: number };

export type KindReport = {
  readonly sent: number;
  /** Receipted or stored. */
  readonly taken: number;
  /** Neither taken nor refused by the end. */
  readonly unanswered: number;
  readonly latency: Latency;
};

export type FleetReport = {
  readonly anchors: KindReport;
  readonly summaries: KindReport;
  /** How many, by what they said: `anchor/policy`, `base`, `stale`. */
  readonly others: Readonly<Record<string, number>>;
  /** Answers whose signatures were all checked, and those that did not hold. */
  readonly verified: number;
  readonly invalid: number;
};

/** One answer in so many is checked with all its signatures: the others cost the sender no time. */
const verifiedEvery = 64;

export class FleetTally {
  readonly #suite: Suite;
  readonly #fleet: Fleet;
  readonly #credulous: Suite;
  readonly #kinds: Readonly<Record<Kind, KindTally>>;
  readonly #others = new Map<string, number>();
  #answers = 0;
  #verified = 0;
  #invalid = 0;

  constructor(suite: Suite, fleet: Fleet) {
    this.#suite = suite;
    this.#fleet = fleet;
    this.#credulous = { ...suite, verify: () => true };
    const { chains } = fleet.plan;
    this.#kinds = { anchor: new KindTally(chains), summary: new KindTally(chains) };
  }

  /** Messages that wait for their answer. */
  get waiting(): number {
    return this.#kinds.anchor.waiting + this.#kinds.summary.waiting;
  }

  get taken(): number {
    return this.#kinds.anchor.taken + this.#kinds.summary.taken;
  }

  sent({ index, kind }: Pick<FleetMessage, 'index' | 'kind'>, nowMs: number): void {
    this.#kinds[kind].send(index, nowMs);
  }

  /** Attacker-controlled, as all that a broker brings. */
  answered(chainId: Uint8Array, payload: Uint8Array, nowMs: number): void {
    const index = this.#fleet.indexOf(chainId);
    if (index === undefined) return;
    const thorough = this.#answers % verifiedEvery === 0;
    this.#answers += 1;
    if (thorough) this.#verified += 1;
    const suite = thorough ? this.#suite : this.#credulous;
    const { mainLog } = this.#fleet;
    const opened = openAnswer(suite, payload, { chainId, mainLog });
    if (!opened.ok) {
      this.#invalid += 1;
      return;
    }
    const answer = opened.value;
    switch (answer.kind) {
      case 'receipt': {
        const size = receiptedSize(suite, answer.message, mainLog);
        if (size === undefined) this.#invalid += 1;
        else this.#fleet.receipted(index, size);
        this.#kinds.anchor.take(index, nowMs);
        return;
      }
      case 'stored':
        this.#kinds.summary.take(index, nowMs);
        return;
      case 'refused':
        this.#count(`${answer.what}/${answer.code}`);
        if (answer.what === 'anchor' || answer.what === 'summary') {
          this.#kinds[answer.what].drop(index);
        }
        return;
      case 'base':
      case 'stale':
        this.#count(answer.kind);
        this.#kinds.anchor.drop(index);
        return;
      case 'noted':
        this.#count(answer.kind);
    }
  }

  report(): FleetReport {
    return {
      anchors: this.#kinds.anchor.report(),
      summaries: this.#kinds.summary.report(),
      others: Object.fromEntries(this.#others),
      verified: this.#verified,
      invalid: this.#invalid,
    };
  }

  #count(what: string): void {
    this.#others.set(what, (this.#others.get(what) ?? 0) + 1);
  }
}

class KindTally {
  /** Of each chain, when the message was sent that waits for its answer. */
  readonly #sentMs: Float64Array;
  readonly #latenciesMs: number[] = [];
  #sent = 0;
  waiting = 0;
  taken = 0;

  constructor(chains: number) {
    this.#sentMs = new Float64Array(chains).fill(Number.NaN);
  }

  send(index: number, nowMs: number): void {
    if (Number.isNaN(this.#sentMs[index])) this.waiting += 1;
    this.#sentMs[index] = nowMs;
    this.#sent += 1;
  }

  take(index: number, nowMs: number): void {
    const sentMs = this.#sentMs[index] ?? Number.NaN;
    if (Number.isNaN(sentMs)) return;
    this.taken += 1;
    this.#latenciesMs.push(nowMs - sentMs);
    this.#end(index);
  }

  drop(index: number): void {
    if (!Number.isNaN(this.#sentMs[index])) this.#end(index);
  }

  report(): KindReport {
    const sorted = Float64Array.from(this.#latenciesMs).sort();
    const at = (share: number): number =>
      Math.round((sorted[Math.floor(share * (sorted.length - 1))] ?? 0) * 10) / 10;
    return {
      sent: this.#sent,
      taken: this.taken,
      unanswered: this.waiting,
      latency: { p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) },
    };
  }

  #end(index: number): void {
    this.#sentMs[index] = Number.NaN;
    this.waiting -= 1;
  }
}
