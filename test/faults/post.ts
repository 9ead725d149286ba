// SPDX-License-Identifier: Apache-2.0
// The broker as those see it who send on behalf of made-up chains: what goes up, and the answers that
// come down. A message without its answer is sent again, as a gateway does.

import { nodeSuite as suite } from '../../base/node-suite.ts';
import { createLog } from '../../host/log.ts';
import { connectMqtt, type Mqtt } from '../../host/mqtt.ts';
import { type Answer, openAnswer } from '../../sidechain/chain/answer.ts';
import type { MainLog } from '../../sidechain/chain/main-log.ts';
import { chainOrigin } from '../../sidechain/chain/names.ts';
import { sleep } from '../system/harness/until.ts';

export type Kind = 'anchor' | 'summary' | 'event';

const resendMs = 3_000;
/** For an answer, while broker and node are killed and their disk is full. */
const answerMs = 600_000;
const silent = createLog({ level: 'error', write: () => {} });

export class Post {
  readonly mainLog: MainLog;
  readonly #mqtt: Mqtt;
  readonly #waiting = new Map<string, Set<(answer: Answer) => void>>();
  /** What came down and does not verify. */
  readonly flaws: string[] = [];

  constructor(url: string, mainLog: MainLog) {
    this.mainLog = mainLog;
    this.#mqtt = connectMqtt({ url, clientId: `chains-${process.pid}`, log: silent });
    this.#mqtt.subscribe('tieline/v1/+/receipt', (topic, payload) => this.#heard(topic, payload));
  }

  /** What becomes of it is nobody's business. */
  push(topic: string, payload: Uint8Array): void {
    this.#mqtt.publish(topic, payload, { qos: 1, retain: false }).catch(() => {
      // A broker that is gone; what matters is sent again.
    });
  }

  /** Sends it until there is an answer to it. @throws naming what was not answered. */
  async ask(
    chainId: Uint8Array,
    kind: Kind,
    payload: Uint8Array,
    isAnswer: (answer: Answer) => boolean,
  ): Promise<Answer> {
    const origin = chainOrigin(chainId);
    const { promise, resolve } = Promise.withResolvers<Answer>();
    let isOver = false;
    const listener = (answer: Answer) => {
      // Two answers to what was sent twice may come in one piece: the second finds nobody who waits.
      if (isOver || !isAnswer(answer)) return;
      isOver = true;
      resolve(answer);
    };
    const listeners = this.#waiting.get(origin) ?? new Set();
    this.#waiting.set(origin, listeners.add(listener));
    try {
      const deadlineMs = performance.now() + answerMs;
      while (performance.now() < deadlineMs) {
        this.push(`${origin}/${kind}`, payload);
        const answer = await Promise.race([promise, sleep(resendMs)]);
        if (answer !== undefined) return answer;
      }
    } finally {
      listeners.delete(listener);
    }
    throw new Error(`no answer to the ${kind} of ${origin}`);
  }

  /** The reason for which this message is refused. @throws where it is answered otherwise. */
  async refusalOf(chainId: Uint8Array, kind: Kind, payload: Uint8Array): Promise<string> {
    const hash = Buffer.from(suite.sha256(payload));
    const answer = await this.ask(
      chainId,
      kind,
      payload,
      (one) => one.kind === 'refused' && hash.equals(one.messageHash),
    );
    return answer.kind === 'refused' ? answer.code : answer.kind;
  }

  close(): Promise<void> {
    return this.#mqtt.close();
  }

  #heard(topic: string, payload: Uint8Array): void {
    const origin = topic.slice(0, topic.lastIndexOf('/'));
    const chainId = Uint8Array.from(Buffer.from(origin.slice(origin.lastIndexOf('/') + 1), 'hex'));
    const answer = openAnswer(suite, payload, { chainId, mainLog: this.mainLog });
    if (!answer.ok) {
      this.flaws.push(`an answer to ${origin} does not verify: ${answer.detail}`);
      return;
    }
    for (const listener of this.#waiting.get(origin) ?? []) listener(answer.value);
  }
}
