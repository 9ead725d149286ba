// SPDX-License-Identifier: Apache-2.0
// Hands messages to the ingest as the connection to a broker does, never more at once than that lets
// through, and keeps the answers in a file; where asked, with forged anchors of one chain between.

import { toHex } from '../../../base/bytes.ts';
import { limits } from '../../../base/limits.ts';
import type { Take, Taken } from './orders.ts';
import { readSpools, type Spooled, SpoolWriter } from './spool.ts';

type Kind = 'anchor' | 'summary';
type Send = (chainId: Uint8Array, kind: Kind, payload: Uint8Array) => Promise<void>;

export class Feed {
  readonly #order: Take;
  readonly #messages: Generator<Spooled>;
  readonly #answers: SpoolWriter;
  readonly #sentMs = new Map<string, number>();
  readonly #latenciesMs: number[] = [];
  #summaries = 0;
  #inHand = 0;
  #hostile: Spooled | undefined;
  #forged = 0;

  constructor(order: Take) {
    this.#order = order;
    this.#messages = readSpools(order.files.spools);
    this.#answers = new SpoolWriter(order.files.answers);
  }

  /** The first messages, of which nothing is counted: code is compiled, and keys are imported. */
  async warmUp(send: Send): Promise<void> {
    for (let i = 0; i < this.#order.warmUpMessages; i++) {
      const { value, done } = this.#messages.next();
      if (done === true) break;
      await this.#until(0);
      this.#take(value, send);
    }
    await this.#handled();
    this.#latenciesMs.length = 0;
    this.#summaries = 0;
  }

  /** The others. */
  async run(send: Send): Promise<void> {
    const { perSecond, secondsMax, hostilePerSecond } = this.#order;
    const begun = performance.now();
    let count = 0;
    for (const message of this.#messages) {
      const elapsed = (performance.now() - begun) / 1_000;
      if (elapsed > secondsMax) break;
      if (hostilePerSecond > 0 && this.#hostile === undefined) {
        this.#hostile = message;
        continue;
      }
      while (this.#forged < elapsed * hostilePerSecond) this.#forge(send);
      const dueMs = perSecond === undefined ? 0 : begun + (count / perSecond) * 1_000;
      await this.#until(dueMs);
      this.#take(message, send);
      count += 1;
    }
    await this.#handled();
    this.#answers.close();
  }

  async #handled(): Promise<void> {
    while (this.#inHand > 0) await pause(1);
  }

  answered(topic: string, payload: Uint8Array): void {
    const chain = topic.slice(-72, -8);
    const chainId = Uint8Array.from(Buffer.from(chain, 'hex'));
    this.#answers.add({ kind: 0, chainId, payload });
    const sentMs = this.#sentMs.get(chain);
    this.#sentMs.delete(chain);
    if (sentMs !== undefined) this.#latenciesMs.push(performance.now() - sentMs);
  }

  result(): Pick<Taken, 'summaries' | 'forged' | 'unanswered' | 'p50Ms' | 'p95Ms' | 'p99Ms'> {
    const sorted = Float64Array.from(this.#latenciesMs).sort();
    const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
    return {
      summaries: this.#summaries,
      forged: this.#forged,
      unanswered: this.#sentMs.size,
      p50Ms: at(0.5),
      p95Ms: at(0.95),
      p99Ms: at(0.99),
    };
  }

  #take({ kind, chainId, payload }: Spooled, send: Send): void {
    const isAnchor = kind === 1;
    if (isAnchor) this.#sentMs.set(toHex(chainId), performance.now());
    else this.#summaries += 1;
    this.#inHand += 1;
    void send(chainId, isAnchor ? 'anchor' : 'summary', payload).finally(() => {
      this.#inHand -= 1;
    });
  }

  /** An anchor whose last signature was altered: everything before it has to be verified. */
  #forge(send: Send): void {
    const { chainId, payload } = this.#hostile as Spooled;
    const last = payload.length - 1;
    const forged = payload.with(last, (payload[last] ?? 0) ^ (1 + (this.#forged % 255)));
    this.#forged += 1;
    void send(chainId, 'anchor', forged);
  }

  async #until(dueMs: number): Promise<void> {
    while (this.#inHand >= limits.messagesInHandMax) await pause(0);
    const waitMs = dueMs - performance.now();
    if (waitMs > 1) await pause(waitMs);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    if (ms > 0) setTimeout(resolve, ms);
    else setImmediate(resolve);
  });
}
