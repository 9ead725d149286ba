// SPDX-License-Identifier: Apache-2.0
// Sends what a fleet says over a broker, each message at its time, and hears the answers. Messages
// are signed ahead, so many of them before the clock starts, so that signing is not what is measured.

import { TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Suite } from '../../base/suite.ts';
import type { Mqtt } from '../../host/mqtt.ts';
import { chainIdOfOrigin, chainOrigin } from '../../sidechain/chain/names.ts';
import type { Fleet, FleetMessage } from './fleet.ts';
import { type FleetReport, FleetTally } from './fleet-tally.ts';

export type RunOptions = {
  readonly suite: Suite;
  readonly mqtt: Mqtt;
  readonly monotonicMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** So many messages are signed before they are due. */
  readonly ahead: number;
  readonly ending: AbortSignal;
  /** About once a second. */
  readonly onProgress: (progress: FleetProgress) => void;
};

export type FleetProgress = {
  readonly signed: number;
  readonly sent: number;
  readonly taken: number;
  readonly waiting: number;
  /** How far the sender is behind its schedule. */
  readonly lateMs: number;
};

export type FleetRun = FleetReport & {
  readonly seconds: number;
  /** Latest that a message left after its time. */
  readonly lateMsMax: number;
};

const progressMs = 1_000;
/** For the answers to what was sent last. */
const answersMs = 30_000;

/** @throws TielineError `mqtt-*` where a message cannot be published. */
export async function runFleet(fleet: Fleet, options: RunOptions): Promise<FleetRun> {
  const { suite, mqtt, monotonicMs, sleep, ending } = options;
  const tally = new FleetTally(suite, fleet);
  const sender = new FleetSender(fleet, tally, options);
  mqtt.subscribe('tieline/v1/+/receipt', (topic, payload) => {
    const chainId = chainIdOfOrigin(topic.slice(0, topic.lastIndexOf('/')));
    if (chainId !== undefined) tally.answered(chainId, payload, monotonicMs());
  });
  await new Promise<void>((resolve) => mqtt.onConnected(resolve));
  await sender.signAhead();
  const startMs = monotonicMs();
  await sender.send(startMs);
  const untilMs = monotonicMs() + answersMs;
  while (tally.waiting > 0 && monotonicMs() < untilMs && !ending.aborted) {
    sender.tell();
    await sleep(50);
  }
  const seconds = (monotonicMs() - startMs) / 1_000;
  return { ...tally.report(), seconds, lateMsMax: Math.round(sender.lateMsMax) };
}

class FleetSender {
  readonly #tally: FleetTally;
  readonly #options: RunOptions;
  readonly #source: Iterator<FleetMessage>;
  readonly #signed: FleetMessage[] = [];
  #next = 0;
  #hasMore = true;
  #signedCount = 0;
  #sentCount = 0;
  #underWay = 0;
  #failure: { readonly error: unknown } | undefined;
  #lateMs = 0;
  lateMsMax = 0;
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(fleet: Fleet, tally: FleetTally, options: RunOptions) {
    this.#tally = tally;
    this.#options = options;
    this.#source = fleet.messages();
  }

  async signAhead(): Promise<void> {
    while (this.#sign()) {
      if (this.#signedCount % 64 !== 0) continue;
      this.tell();
      await this.#options.sleep(0);
    }
  }

  async send(startMs: number): Promise<void> {
    const { monotonicMs, sleep, ending } = this.#options;
    for (;;) {
      this.#throwFailure();
      if (ending.aborted) return;
      this.tell();
      const message = this.#signed[this.#next];
      if (message === undefined && !this.#sign()) break;
      if (message === undefined) continue;
      const waitMs = startMs + message.dueMs - monotonicMs();
      if (this.#underWay >= limits.publishWaitingMax / 2) await sleep(1);
      else if (waitMs <= 0) this.#publish(message, -waitMs);
      else if (this.#sign()) await sleep(0);
      else await sleep(Math.min(waitMs, 20));
    }
    while (this.#underWay > 0 && this.#failure === undefined) await sleep(1);
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  tell(): void {
    const nowMs = this.#options.monotonicMs();
    if (nowMs - this.#toldMs < progressMs) return;
    this.#toldMs = nowMs;
    this.#options.onProgress({
      signed: this.#signedCount,
      sent: this.#sentCount,
      taken: this.#tally.taken,
      waiting: this.#tally.waiting,
      lateMs: Math.round(this.#lateMs),
    });
  }

  /** False when enough is signed, or all. */
  #sign(): boolean {
    if (!this.#hasMore || this.#signed.length - this.#next >= this.#options.ahead) return false;
    const taken = this.#source.next();
    this.#hasMore = taken.done !== true;
    if (taken.done === true) return false;
    this.#signed.push(taken.value);
    this.#signedCount += 1;
    return true;
  }

  #publish(message: FleetMessage, lateMs: number): void {
    const { mqtt, monotonicMs } = this.#options;
    this.#next += 1;
    if (this.#next === 4_096) this.#signed.splice(0, this.#next);
    if (this.#next === 4_096) this.#next = 0;
    this.#lateMs = lateMs;
    this.lateMsMax = Math.max(this.lateMsMax, lateMs);
    const topic = `${chainOrigin(message.chainId)}/${message.kind}`;
    this.#tally.sent(message, monotonicMs());
    this.#sentCount += 1;
    this.#underWay += 1;
    mqtt
      .publish(topic, message.payload, { qos: 1, retain: false })
      .catch((error: unknown) => {
        // A lost connection is a message without an answer; what no retry mends ends the run.
        const passing = error instanceof TielineError && error.retry === 'transient';
        if (!passing) this.#failure ??= { error };
      })
      .finally(() => {
        this.#underWay -= 1;
      });
  }
}
