// SPDX-License-Identifier: Apache-2.0
// Requests for raw readings, on their way down and back: who is on duty puts one on the sidechain,
// and answers the asks of those that stand there, a few at a time. The centre asks again while it
// has no answer, and takes each answer once, so nothing of this has to be remembered on disk.

import { equal, toHex } from '../../base/bytes.ts';
import { type Result, TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Suite } from '../../base/suite.ts';
import type { Log } from '../../host/log.ts';
import type { Answer } from '../../sidechain/chain/answer.ts';
import type { RequestState } from '../../sidechain/chain/registry.ts';
import type { OpenRequest } from '../../sidechain/chain/request.ts';
import {
  checkRequestMessage,
  decodeRequestMessage,
} from '../../sidechain/chain/request-message.ts';
import type { ChainPort } from './chain-port.ts';
import { Resend } from './resend.ts';

export type RequestPorts = {
  readonly chain: Pick<ChainPort, 'chainId' | 'mainLog'> & {
    /** Requests on the chain that are not over, the oldest first. */
    readonly requests: () => readonly RequestState[];
    /** As it stands in its block. */
    readonly requestIn: (state: RequestState) => Promise<OpenRequest>;
    /** Puts a request message on the chain; says why it was refused, where it was. */
    readonly commitRequest: (message: Uint8Array) => Promise<string | undefined>;
  };
  /** The signed answer to one ask; undefined where none can be given. */
  readonly answer: (request: OpenRequest, ask: number) => Promise<Uint8Array | undefined>;
  readonly log: Log;
};

type Waiting = { readonly bytes: Uint8Array; readonly hash: string; readonly resend: Resend };

/** Of one request. */
type Progress = {
  readonly request: OpenRequest;
  /** The first ask that was not taken up. */
  next: number;
  readonly waiting: Map<number, Waiting>;
};

export class RequestQueue {
  readonly #suite: Suite;
  readonly #ports: RequestPorts;
  readonly #progress = new Map<string, Progress>();
  #arrived: Uint8Array | undefined;
  #refusedCount = 0;
  #answeredCount = 0;

  constructor(suite: Suite, ports: RequestPorts) {
    this.#suite = suite;
    this.#ports = ports;
  }

  /** Asks that the centre has noted an answer to, since the start. */
  get answeredCount(): number {
    return this.#answeredCount;
  }

  /** Requests that were not the main log's, or not for this chain, since the start. */
  get refusedCount(): number {
    return this.#refusedCount;
  }

  /** The broker is there again. */
  connected(): void {
    for (const { waiting } of this.#progress.values()) {
      for (const { resend } of waiting.values()) resend.reset();
    }
  }

  /** Attacker-controlled. One that is dropped, because another waits, comes again. */
  arrived(payload: Uint8Array): void {
    const opened = this.#open(payload);
    if (!opened.ok) {
      this.#refusedCount += 1;
      // The first, the second, the fourth …: a flood does not fill the log.
      if (Number.isInteger(Math.log2(this.#refusedCount))) {
        this.#ports.log.warn('request-refused', {
          detail: opened.detail,
          count: this.#refusedCount,
        });
      }
      return;
    }
    if (this.#isOnChain(opened.value.id)) return;
    this.#arrived ??= payload;
  }

  /** Messages to send now. `patienceMs`: how long others are waited for; 0 on duty. */
  async due(nowMs: number, patienceMs: number): Promise<readonly Uint8Array[]> {
    const arrived = this.#arrived;
    this.#arrived = undefined;
    if (patienceMs > 0) return [];
    if (arrived !== undefined) await this.#commit(arrived);
    await this.#takeUp();
    const waiting = [...this.#progress.values()].flatMap((one) => [...one.waiting.values()]);
    const due = waiting.filter(({ resend }) => resend.isDue(nowMs));
    for (const { resend } of due) resend.sent(nowMs);
    return due.map(({ bytes }) => bytes);
  }

  /** Takes an answer whose signature was checked. */
  answered(answer: Answer): void {
    if (answer.kind !== 'noted' && answer.kind !== 'refused') return;
    const hash = toHex(answer.messageHash);
    for (const { waiting } of this.#progress.values()) {
      const [ask] = [...waiting].find(([, one]) => one.hash === hash) ?? [];
      if (ask === undefined) continue;
      waiting.delete(ask);
      if (answer.kind === 'noted') this.#answeredCount += 1;
      else this.#ports.log.error('request-answer-refused', { detail: answer.detail });
    }
  }

  #open(payload: Uint8Array): Result<OpenRequest> {
    const { chainId, mainLog } = this.#ports.chain;
    const message = decodeRequestMessage(payload);
    if (!message.ok) return message;
    return checkRequestMessage(this.#suite, message.value, { chainId, mainLog: mainLog() });
  }

  #isOnChain(id: Uint8Array): boolean {
    return this.#ports.chain.requests().some((one) => equal(one.id, id));
  }

  async #commit(message: Uint8Array): Promise<void> {
    const { chain, log } = this.#ports;
    const reason = await chain.commitRequest(message);
    if (reason === undefined) log.info('request-taken', {});
    else log.warn('request-not-taken', { reason });
  }

  async #takeUp(): Promise<void> {
    const open = this.#ports.chain.requests();
    const ids = new Set(open.map(({ id }) => toHex(id)));
    for (const id of this.#progress.keys()) if (!ids.has(id)) this.#progress.delete(id);
    for (const state of open) {
      const id = toHex(state.id);
      const progress = this.#progress.get(id) ?? (await this.#begin(state));
      this.#progress.set(id, progress);
      await this.#answer(progress);
    }
  }

  async #begin(state: RequestState): Promise<Progress> {
    const request = await this.#ports.chain.requestIn(state);
    return { request, next: 0, waiting: new Map() };
  }

  async #answer(progress: Progress): Promise<void> {
    const { request, waiting } = progress;
    while (progress.next < request.request.asks.length) {
      if (waiting.size >= limits.requestAnswersWaitingMax) return;
      const bytes = await this.#answerTo(request, progress.next);
      if (bytes !== undefined) {
        const hash = toHex(this.#suite.sha256(bytes));
        waiting.set(progress.next, { bytes, hash, resend: new Resend() });
      }
      progress.next += 1;
    }
  }

  /** What cannot be answered yet ends the turn, and is tried by the next. */
  async #answerTo(request: OpenRequest, ask: number): Promise<Uint8Array | undefined> {
    try {
      return await this.#ports.answer(request, ask);
    } catch (error) {
      if (error instanceof TielineError && error.retry === 'permanent') {
        this.#ports.log.error('request-unanswered', { ask, reason: error.message });
        return undefined;
      }
      throw error;
    }
  }
}
