// SPDX-License-Identifier: Apache-2.0
// An exchange under way: what has come of its answer, and how long it may still take. It ends once,
// whatever comes.

import { type BadAnswer, ByteExchange, type Exchange } from './byte-exchange.ts';
import { monotonicMs } from './monotonic.ts';

/** How an exchange ended. */
export type Ended<T> =
  | {
      readonly kind: 'complete';
      readonly value: T;
      /** From the end of the request on the wire to the first byte of the answer. */
      readonly latencyMs: number;
    }
  | BadAnswer
  | Silence
  | Closed;

/** No answer, or only so many bytes of one. */
export type Silence = { readonly kind: 'silence'; readonly receivedCount: number };

export type Closed = { readonly kind: 'closed'; readonly detail: string; readonly hint?: string };

export const closedByUs: Closed = { kind: 'closed', detail: 'the line was closed' };

export type Pace = {
  readonly characterMs: number;
  /** For the answer to begin, and between any two parts of it. */
  readonly timeoutMs: number;
  /** Whether what stands between may hold an answer back until it is complete. */
  readonly holdsBack: boolean;
};

// A program that was kept from running finds its time-outs over before it has seen what came
// meanwhile. So one that is noticed late is looked at again a little later.
const stallMs = 5;
const afterStallMs = 25;

export class PendingExchange<T> {
  readonly ended: Promise<Ended<T>>;
  readonly #machine: ByteExchange<T>;
  readonly #end: (ended: Ended<T>) => void;
  readonly #timeoutMs: number;
  readonly #sentAt: number;
  readonly #endAt: number;
  #beganAt: number | undefined;
  #deadline: number;
  #timer: NodeJS.Timeout | undefined;

  /** To be made directly before `send` is written. */
  constructor(exchange: Exchange<T>, { characterMs, timeoutMs, holdsBack }: Pace) {
    const { promise, resolve } = Promise.withResolvers<Ended<T>>();
    const answerMs = exchange.bytesMax * characterMs;
    this.ended = promise;
    this.#end = resolve;
    this.#machine = new ByteExchange(exchange);
    this.#timeoutMs = timeoutMs;
    this.#sentAt = monotonicMs() + (exchange.send?.length ?? 0) * characterMs;
    this.#endAt = this.#sentAt + timeoutMs + answerMs;
    this.#deadline = holdsBack ? this.#endAt : this.#sentAt + timeoutMs;
    this.#await();
  }

  /** The system has taken what was to be sent. */
  written(): void {
    this.#machine.written();
  }

  /** Whether the bytes belong to it. */
  receive(bytes: Uint8Array): boolean {
    const now = monotonicMs();
    const reception = this.#machine.receive(bytes);
    if (reception.kind === 'stray') return false;
    this.#beganAt ??= now;
    if (reception.kind === 'incomplete') {
      this.#deadline = Math.min(now + this.#timeoutMs, this.#endAt);
      this.#await();
    } else if (reception.kind === 'complete') {
      const latencyMs = Math.max(this.#beganAt - this.#sentAt, 0);
      this.#end({ ...reception, latencyMs });
    } else {
      this.#end(reception);
    }
    return true;
  }

  lose(closed: Closed): void {
    this.#end(closed);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#machine.giveUp();
  }

  #await(): void {
    clearTimeout(this.#timer);
    const waitMs = Math.max(this.#deadline - monotonicMs(), 0);
    this.#timer = setTimeout(() => this.#late(), Math.ceil(waitMs));
  }

  #late(): void {
    if (monotonicMs() - this.#deadline > stallMs) {
      this.#deadline = monotonicMs() + afterStallMs;
      this.#await();
      return;
    }
    this.#machine.giveUp();
    this.#end({ kind: 'silence', receivedCount: this.#machine.receivedCount });
  }
}
