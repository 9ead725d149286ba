// SPDX-License-Identifier: Apache-2.0
// What comes up from the sidechains: told apart by topic, put into its chain's lane, judged, made
// durable, and only then answered. Whatever arrives, it goes on: what cannot be taken is named,
// counted and, within bounds, answered. An answer that is lost is given again, for the gateway asks
// again.

import { InvariantError } from '../../base/assert.ts';
import { toHex } from '../../base/bytes.ts';
import { TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Signer, Suite } from '../../base/suite.ts';
import type { Clock } from '../../host/clock.ts';
import type { Log } from '../../host/log.ts';
import { unpack } from '../../host/packing.ts';
import { type Answer, signAnswer } from '../../sidechain/chain/answer.ts';
import type { ChainRecord } from '../ledger/chain-record.ts';
import type { Ordering } from '../ordering/ordering.ts';
import type { LedgerStore } from '../store/ledger-store.ts';
import type { RequestStore } from '../store/request-store.ts';
import type { SummaryStore } from '../store/summary-store.ts';
import { takeAnchor } from './anchor.ts';
import { Lanes } from './lanes.ts';
import { takeMembership } from './membership.ts';
import { Rate } from './rate.ts';
import type { Refusals } from './refusals.ts';
import type { Reply } from './reply.ts';
import { takeReport } from './report.ts';
import { takeRequestAnswer } from './request-answer.ts';
import { takeSummary } from './summary.ts';
import { answerTopic, parseUpTopic, type UpKind } from './topics.ts';

export type IngestOptions = {
  readonly suite: Suite;
  readonly ordering: Ordering;
  readonly ledger: LedgerStore;
  readonly summaries: SummaryStore;
  readonly requests: RequestStore;
  readonly refusals: Refusals;
  /** A key of the main log: signs the answers. */
  readonly signer: Signer;
  readonly clock: Clock;
  readonly log: Log;
  readonly publish: (topic: string, payload: Uint8Array) => Promise<void>;
  /** Summaries were stored: the history may read them. */
  readonly onStored: () => void;
  /** Called where going on could lose or double something: the process must end. */
  readonly onFailure: (error: unknown) => void;
};

type Message = {
  readonly kind: UpKind;
  readonly chainId: Uint8Array;
  readonly payload: Uint8Array;
};

export class Ingest {
  readonly #options: IngestOptions;
  readonly #lanes = new Lanes();
  readonly #refusalRate: Rate;
  readonly #unknownChainRate: Rate;
  #open = true;

  constructor(options: IngestOptions) {
    const { monotonicMs } = options.clock;
    this.#options = options;
    this.#refusalRate = new Rate(limits.refusalAnswersPerSecond, monotonicMs);
    this.#unknownChainRate = new Rate(limits.unknownChainAnswersPerSecond, monotonicMs);
  }

  /**
   * Resolves when the message has been handled, answered or dropped; never rejects.
   * Attacker-controlled.
   */
  async take(topic: string, payload: Uint8Array): Promise<void> {
    if (!this.#open) return;
    const place = parseUpTopic(topic);
    if (place === undefined) {
      this.#options.refusals.count('topic');
      return;
    }
    const message = { ...place, payload };
    if (this.#options.ordering.chain(place.chainId) === undefined) {
      this.#refuseUnknownChain(message);
      return;
    }
    const chain = toHex(place.chainId);
    const handled = this.#lanes.enter({ chain, byteCount: payload.length }, () =>
      this.#handle(message),
    );
    // Not answered: the chain has more under way than it may, and sends this one again anyway.
    if (handled === undefined) this.#options.refusals.count(`${message.kind}/crowded`);
    await handled;
  }

  /** What is in hand, for whoever watches. */
  get load(): { readonly messages: number; readonly bytes: number } {
    return this.#lanes.load;
  }

  /** Takes nothing more and finishes what waits. */
  async close(): Promise<void> {
    this.#open = false;
    await this.#lanes.empty();
  }

  /** Whether an honest member may have sent it. */
  async #handle(message: Message): Promise<boolean> {
    try {
      const payload = unpack(message.payload);
      const reply =
        payload === undefined
          ? notUnpacked
          : await this.#judge({ ...message, payload }, message.payload);
      if (reply.kind === 'stored') this.#options.onStored();
      this.#reply(message, reply, this.#refusalRate);
      return reply.kind !== 'refused' || innocent.has(reply.code);
    } catch (error) {
      this.#failed(message, error);
      return true;
    }
  }

  /** `received`: the payload as it came, perhaps packed. */
  async #judge(message: Message, received: Uint8Array): Promise<Reply> {
    const { kind, chainId, payload } = message;
    const { suite, ordering, ledger, summaries, requests, clock } = this.#options;
    const chain = ordering.chain(chainId);
    if (chain === undefined) return unknownChain;
    if (!ordering.isRegistered(chain)) return unregisteredCentre(chain);
    if (kind === 'anchor') {
      return takeAnchor({ suite, ordering, ledger }, { chainId, payload });
    }
    if (kind === 'event') return takeReport(suite, ordering, { chainId, payload });
    if (kind === 'membership') return takeMembership(suite, ordering, { chainId, payload });
    if (kind === 'answer') {
      return takeRequestAnswer({ suite, requests, nowMs: clock.nowMs }, chain, payload);
    }
    const taker = { suite, ledger, summaries, nowMs: clock.nowMs };
    return takeSummary(taker, chain, { payload, received });
  }

  #refuseUnknownChain(message: Message): void {
    try {
      this.#reply(message, unknownChain, this.#unknownChainRate);
    } catch (error) {
      this.#failed(message, error);
    }
  }

  #reply(message: Message, reply: Reply, rate: Rate): void {
    const { suite, refusals, log } = this.#options;
    const { kind, chainId, payload } = message;
    if (reply.kind === 'trust') {
      this.#publish(chainId, reply);
      return;
    }
    if (reply.kind !== 'refused') {
      this.#send(chainId, reply);
      return;
    }
    refusals.count(`${kind}/${reply.code}`);
    if (!rate.take()) return;
    const { code } = reply;
    const detail = reply.detail.slice(0, detailCharactersMax).toWellFormed();
    const say = alarming.has(code) ? log.error : log.warn;
    say('refused', { what: kind, chain: chainId, code, detail });
    const messageHash = suite.sha256(unpack(payload) ?? payload);
    if (reply.trust !== undefined) this.#publish(chainId, reply.trust);
    this.#send(chainId, { kind: 'refused', what: kind, code, detail, messageHash });
  }

  /**
   * Nobody waits for it: its acknowledgement comes behind messages that wait for room. An answer
   * that does not get out is no harm: nothing was promised, and the question comes again.
   */
  #send(chainId: Uint8Array, answer: Answer): void {
    const message = signAnswer(answer, chainId, this.#options.signer);
    this.#publish(chainId, { kind: answer.kind, message });
  }

  #publish(
    chainId: Uint8Array,
    { kind, message }: { readonly kind: string; readonly message: Uint8Array },
  ): void {
    const { publish, log } = this.#options;
    publish(answerTopic(chainId), message).catch((error: unknown) => {
      log.debug('answer-lost', { chain: chainId, answer: kind, error });
    });
  }

  #failed({ kind, chainId }: Message, error: unknown): void {
    const { refusals, log, onFailure } = this.#options;
    log.error('message-failed', { what: kind, chain: chainId, error });
    refusals.count(`${kind}/failed`);
    const goesOn = error instanceof TielineError && error.retry !== 'fatal';
    if (!goesOn || error instanceof InvariantError) onFailure(error);
  }
}

/** Somebody lied, or our own disk lost what it had acknowledged: a person must look at it. */
const alarming: ReadonlySet<string> = new Set(['fork', 'conflict', 'log-rolled-back']);

/** Refusals that may come to who did nothing wrong: too early, too much, or by a fault of ours. */
const innocent: ReadonlySet<string> = new Set(['unanchored', 'full', 'log-rolled-back']);

/** Within what an answer may carry. */
const detailCharactersMax = 300;

const notUnpacked: Reply = {
  kind: 'refused',
  code: 'malformed',
  detail: 'not a whole zlib stream, or too long a message in it',
};

const unknownChain: Reply = {
  kind: 'refused',
  code: 'unknown-chain',
  detail: 'this chain is not enrolled here: enrol its genesis with `tieline dispatch enrol`',
};

function unregisteredCentre({ centre }: ChainRecord): Reply {
  return {
    kind: 'refused',
    code: 'centre',
    detail: `${centre} is no centre of this log any more: another has to enrol the chain again`,
  };
}
