// SPDX-License-Identifier: Apache-2.0
// The way up: a broker that is not trusted with anything, anchors and summaries that verify themselves, answers
// that are signed. One step at a time, so that no two of them see different states of the chain.

import { toHex } from '../../base/bytes.ts';
import { messageOf, TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Suite } from '../../base/suite.ts';
import type { Clock } from '../../host/clock.ts';
import type { Log } from '../../host/log.ts';
import type { Mqtt } from '../../host/mqtt.ts';
import { openAnswer } from '../../sidechain/chain/answer.ts';
import { chainOrigin } from '../../sidechain/chain/names.ts';
import type { AnchorDuty, AnchorStatus } from './anchor-duty.ts';
import type { ChainPort } from './chain-port.ts';
import type { SummaryQueue } from './summary-queue.ts';

export type UplinkStatus = {
  readonly connected: boolean;
  readonly anchor: AnchorStatus;
  readonly summariesStored: number;
  readonly blocksWaiting: number;
  /** Answers that were not the main log's, or malformed. */
  readonly answersRefused: number;
};

export type UplinkParts = {
  readonly chain: ChainPort;
  readonly anchors: AnchorDuty;
  readonly summaries: SummaryQueue;
  readonly mqtt: Mqtt;
  readonly clock: Clock;
  readonly log: Log;
  /** Told once when this copy of the chain must not go on. */
  readonly onFatal: (error: unknown) => void;
};

export class Uplink {
  readonly #suite: Suite;
  readonly #parts: UplinkParts;
  readonly #topic: string;
  readonly #timer: NodeJS.Timeout;
  #turn: Promise<void> = Promise.resolve();
  #turnsWaiting = 0;
  #answersRefused = 0;
  #closed = false;

  constructor(suite: Suite, parts: UplinkParts) {
    this.#suite = suite;
    this.#parts = parts;
    this.#topic = chainOrigin(parts.chain.chainId);
    parts.mqtt.subscribe(`${this.#topic}/receipt`, (_, payload) => this.#answered(payload));
    parts.mqtt.onConnected(() => {
      parts.anchors.connected();
      parts.summaries.connected();
    });
    this.#timer = setInterval(() => void this.#step(() => this.#send()), limits.uplinkTickMs);
  }

  get status(): UplinkStatus {
    const { mqtt, anchors, summaries } = this.#parts;
    return {
      connected: mqtt.connected,
      anchor: anchors.status,
      summariesStored: summaries.storedCount,
      blocksWaiting: summaries.waitingCount,
      answersRefused: this.#answersRefused,
    };
  }

  /** Lets the step that runs finish; the connection is its owner's to close. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#turn;
  }

  async #send(): Promise<void> {
    const { mqtt, anchors, summaries, clock } = this.#parts;
    if (!mqtt.connected) return;
    const nowMs = clock.monotonicMs();
    const anchor = await anchors.due(nowMs);
    if (anchor !== undefined) await this.#publish('anchor', anchor);
    for (const message of await summaries.due(nowMs)) await this.#publish('summary', message);
  }

  /** A failed publication is no loss: what has no answer is sent again. */
  async #publish(kind: 'anchor' | 'summary', payload: Uint8Array): Promise<void> {
    try {
      await this.#parts.mqtt.publish(`${this.#topic}/${kind}`, payload, { qos: 1, retain: false });
      this.#parts.log.debug('sent', { kind, bytes: payload.length });
    } catch (error) {
      if (!(error instanceof TielineError) || error.retry === 'fatal') throw error;
      this.#parts.log.warn('not-sent', { kind, reason: error.message });
    }
  }

  #answered(payload: Uint8Array): Promise<void> {
    return this.#step(async () => {
      const { chain, anchors, summaries, log } = this.#parts;
      const known = { chainId: chain.chainId, mainLog: chain.mainLog() };
      const answer = openAnswer(this.#suite, payload, known);
      if (!answer.ok) {
        this.#answersRefused += 1;
        log.warn('answer-refused', { detail: answer.detail, sha256: this.#digest(payload) });
        return;
      }
      await anchors.answered(answer.value);
      await summaries.answered(answer.value);
      await this.#send();
    });
  }

  #digest(payload: Uint8Array): string {
    return toHex(this.#suite.sha256(payload));
  }

  /** One after another; beyond the bound a step is dropped, for the next one does its work. */
  #step(work: () => Promise<void>): Promise<void> {
    if (this.#closed || this.#turnsWaiting >= limits.uplinkStepsWaitingMax) return this.#turn;
    this.#turnsWaiting += 1;
    this.#turn = this.#turn.then(async () => {
      try {
        if (!this.#closed) await work();
      } catch (error) {
        this.#parts.log.error('uplink-failed', { reason: messageOf(error) });
        this.#closed = true;
        clearInterval(this.#timer);
        this.#parts.onFatal(error);
      } finally {
        this.#turnsWaiting -= 1;
      }
    });
    return this.#turn;
  }
}
