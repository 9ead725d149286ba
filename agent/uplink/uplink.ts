// SPDX-License-Identifier: Apache-2.0
// The way up: a broker that is not trusted with anything, anchors and summaries that verify
// themselves, answers that are signed. One step at a time, so that no two of them see different
// states of the chain.

import { messageOf, TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Suite } from '../../base/suite.ts';
import type { Clock } from '../../host/clock.ts';
import type { Log } from '../../host/log.ts';
import type { Mqtt } from '../../host/mqtt.ts';
import type { MqttProblem } from '../../host/mqtt-problem.ts';
import { pack } from '../../host/packing.ts';
import { type Answer, openAnswer } from '../../sidechain/chain/answer.ts';
import { chainOrigin } from '../../sidechain/chain/names.ts';
import type { AnchorDuty, AnchorStatus } from './anchor-duty.ts';
import type { ChainPort } from './chain-port.ts';
import type { MembershipQueue } from './membership-queue.ts';
import type { ReportQueue } from './report-queue.ts';
import type { RequestQueue } from './request-queue.ts';
import type { SummaryQueue } from './summary-queue.ts';
import type { TrustQueue } from './trust-queue.ts';

type UpKind = 'anchor' | 'summary' | 'event' | 'membership' | 'answer';

export type UplinkStatus = {
  readonly connected: boolean;
  /** Why it is not, and what can be done about it. */
  readonly problem: Pick<MqttProblem, 'reason' | 'hint'> | undefined;
  readonly anchor: AnchorStatus;
  readonly summariesStored: number;
  /** Blocks whose summaries are on their way. */
  readonly blocksWaiting: number;
  /** The centre's last refusal of a summary. */
  readonly summaryRefusal: string | undefined;
  /** Reports of other members that wait for an answer, and that the centre took since the start. */
  readonly reportsWaiting: number;
  readonly reportsTaken: number;
  /** Changes of the members that the centre has not noted yet, and its last word against them. */
  readonly membershipWaiting: number;
  readonly membershipRefusal: string | undefined;
  /** Asks for raw readings that the centre has an answer to, since the start; requests that were refused. */
  readonly asksAnswered: number;
  readonly requestsRefused: number;
  /** What keys of the main log signed that exclude each other, once that was seen. */
  readonly keyAlarm: string | undefined;
  /** Answers that were not the main log's, or malformed. */
  readonly answersRefused: number;
};

export type UplinkParts = {
  readonly chain: ChainPort;
  readonly anchors: AnchorDuty;
  readonly summaries: SummaryQueue;
  readonly reports: ReportQueue;
  readonly memberships: MembershipQueue;
  readonly requests: RequestQueue;
  readonly trust: TrustQueue;
  readonly mqtt: Pick<Mqtt, 'connected' | 'problem' | 'publish' | 'subscribe' | 'onConnected'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
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
  #isSendWaiting = false;
  #answersWaiting = 0;
  #answersRefused = 0;
  #isClosed = false;

  constructor(suite: Suite, parts: UplinkParts) {
    this.#suite = suite;
    this.#parts = parts;
    this.#topic = chainOrigin(parts.chain.chainId);
    parts.mqtt.subscribe(`${this.#topic}/receipt`, (_, payload) => this.#answered(payload));
    parts.mqtt.subscribe(`${this.#topic}/request`, (_, payload) => {
      parts.requests.arrived(payload);
      this.#sendInTurn();
    });
    parts.mqtt.onConnected(() => {
      parts.anchors.connected();
      parts.summaries.connected();
      parts.reports.connected();
      parts.memberships.connected();
      parts.requests.connected();
      this.#sendInTurn();
    });
    this.#timer = setInterval(() => this.#sendInTurn(), limits.uplinkTickMs);
  }

  get status(): UplinkStatus {
    const { mqtt, anchors, summaries, reports, memberships, requests, trust } = this.#parts;
    return {
      connected: mqtt.connected,
      problem: mqtt.problem && { reason: mqtt.problem.reason, hint: mqtt.problem.hint },
      anchor: anchors.status,
      summariesStored: summaries.storedCount,
      blocksWaiting: summaries.waitingCount,
      summaryRefusal: summaries.refusal,
      reportsWaiting: reports.waitingCount,
      reportsTaken: reports.takenCount,
      membershipWaiting: memberships.waitingCount,
      membershipRefusal: memberships.refusal,
      asksAnswered: requests.answeredCount,
      requestsRefused: requests.refusedCount,
      keyAlarm: trust.alarm,
      answersRefused: this.#answersRefused,
    };
  }

  /** Lets the step that runs finish; the connection is its owner's to close. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#turn;
  }

  /** One turn sends all that is due when it comes, so there is never a second one waiting. */
  #sendInTurn(): void {
    if (this.#isSendWaiting) return;
    this.#isSendWaiting = true;
    this.#inTurn(async () => {
      this.#isSendWaiting = false;
      await this.#send();
    });
  }

  async #send(): Promise<void> {
    const { mqtt, anchors, summaries, reports, clock } = this.#parts;
    if (!mqtt.connected) return;
    // First, and by themselves: who is guilty may keep this chain from having any checkpoint.
    const due = await reports.due(clock.monotonicMs());
    await Promise.all(due.map((report) => this.#publish('event', report)));
    const anchor = await anchors.due(clock.monotonicMs());
    // Before the anchor, whose signers the centre may not know yet.
    await this.#tellMembership(anchors.patienceMs);
    const sent = anchor === undefined ? [] : [this.#publish('anchor', anchor)];
    for (const message of await summaries.due(clock.monotonicMs(), anchors.patienceMs)) {
      sent.push(this.#publish('summary', message));
    }
    await Promise.all(sent);
    await this.#followKeys(anchors.patienceMs);
    // Last: nobody's bill waits for it.
    await this.#answerRequests(anchors.patienceMs);
  }

  /** Of the main log: after them the anchor goes again, for a receipt that can be read now. */
  async #followKeys(patienceMs: number): Promise<void> {
    const { anchors, trust } = this.#parts;
    await this.#unlessDelayed('trust-delayed', async () => {
      if (!(await trust.due(patienceMs))) return;
      anchors.followed();
      this.#sendInTurn();
    });
  }

  async #answerRequests(patienceMs: number): Promise<void> {
    const { requests, clock } = this.#parts;
    await this.#unlessDelayed('answers-delayed', async () => {
      const answers = await requests.due(clock.monotonicMs(), patienceMs);
      await Promise.all(answers.map((answer) => this.#publish('answer', answer)));
    });
  }

  /** Where the members before do not sign, the rest goes on: it may be all that still works. */
  async #tellMembership(patienceMs: number): Promise<void> {
    const { memberships, clock } = this.#parts;
    await this.#unlessDelayed('membership-delayed', async () => {
      const message = await memberships.due(clock.monotonicMs(), patienceMs);
      if (message !== undefined) await this.#publish('membership', message);
    });
  }

  /** What may pass is only logged, and the rest of the turn goes on. */
  async #unlessDelayed(event: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof TielineError) || error.retry !== 'transient') throw error;
      this.#parts.log.warn(event, { reason: error.message });
    }
  }

  /** A failed publication is no loss: what has no answer is sent again. */
  async #publish(kind: UpKind, payload: Uint8Array): Promise<void> {
    const packed = pack(payload);
    try {
      await this.#parts.mqtt.publish(`${this.#topic}/${kind}`, packed, { qos: 1, retain: false });
      this.#parts.log.debug('sent', { kind, bytes: packed.length });
    } catch (error) {
      if (!(error instanceof TielineError) || error.retry === 'fatal') throw error;
      this.#parts.log.warn('not-sent', { kind, reason: error.message });
    }
  }

  /**
   * Attacker-controlled: who sent it shows at once, what it means in its turn. The broker's next
   * message does not wait for that, for a turn may itself wait for the broker.
   */
  #answered(payload: Uint8Array): void {
    const { chain, log, trust } = this.#parts;
    if (trust.arrived(payload)) {
      this.#sendInTurn();
      return;
    }
    const known = { chainId: chain.chainId, mainLog: chain.mainLog() };
    const answer = openAnswer(this.#suite, payload, known);
    if (!answer.ok) {
      this.#answersRefused += 1;
      // The first, the second, the fourth …: a flood does not fill the log.
      if (Number.isInteger(Math.log2(this.#answersRefused))) {
        const { detail } = answer;
        log.warn('answer-refused', { detail, count: this.#answersRefused });
      }
      return;
    }
    // One that is dropped is asked for again.
    if (this.#answersWaiting >= limits.uplinkAnswersWaitingMax) return;
    this.#answersWaiting += 1;
    this.#inTurn(async () => {
      this.#answersWaiting -= 1;
      await this.#take(answer.value);
    });
    this.#sendInTurn();
  }

  async #take(answer: Answer): Promise<void> {
    await this.#parts.anchors.answered(answer);
    await this.#parts.summaries.answered(answer);
    await this.#parts.reports.answered(answer);
    await this.#parts.memberships.answered(answer);
    this.#parts.requests.answered(answer);
  }

  #inTurn(work: () => Promise<void>): void {
    this.#turn = this.#turn.then(async () => {
      try {
        if (!this.#isClosed) await work();
      } catch (error) {
        this.#failed(error);
      }
    });
  }

  /** What may pass is tried again by the next turns; all else ends the gateway. */
  #failed(error: unknown): void {
    const reason = messageOf(error);
    if (error instanceof TielineError && error.retry === 'transient') {
      if (!this.#isClosed) this.#parts.log.warn('uplink-delayed', { reason });
      return;
    }
    this.#parts.log.error('uplink-failed', { reason });
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#parts.onFatal(error);
  }
}
