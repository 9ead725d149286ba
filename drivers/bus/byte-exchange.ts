// SPDX-License-Identifier: Apache-2.0
// One exchange on a line of bytes, as a strict state machine: sending → waiting → ended. It knows no
// clock, no port and no protocol. Invariant: only bytes that arrive while it waits can become an
// answer.

import { concat } from '../../base/bytes.ts';

/** What bytes received so far are, as an answer. Further bytes change only `incomplete`. */
export type Judgement<T> =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'complete'; readonly value: T }
  | BadAnswer;

/** `crc`: damaged on the way. `malformed`: not the answer to this request. */
export type BadAnswer = { readonly kind: 'crc' | 'malformed'; readonly detail: string };

export type Exchange<T> = {
  /** undefined: the device speaks by itself. */
  readonly send: Uint8Array | undefined;
  /** Called with all that has come each time that more has. Bytes are attacker-controlled. */
  readonly judge: (received: Uint8Array) => Judgement<T>;
  /** Of the longest answer; one that is longer is malformed. */
  readonly bytesMax: number;
};

/** `stray`: the bytes belong to nothing and were thrown away. Everything but `incomplete` and
 * `stray` ends the exchange. */
export type Reception<T> = Judgement<T> | { readonly kind: 'stray' };

export class ByteExchange<T> {
  readonly #exchange: Exchange<T>;
  #state: 'sending' | 'waiting' | 'ended' = 'sending';
  #received: Uint8Array = new Uint8Array();

  constructor(exchange: Exchange<T>) {
    this.#exchange = exchange;
  }

  get receivedCount(): number {
    return this.#received.length;
  }

  /** The system has taken what was to be sent: from now on an answer may come. */
  written(): void {
    if (this.#state === 'sending') this.#state = 'waiting';
  }

  receive(bytes: Uint8Array): Reception<T> {
    if (this.#state === 'ended') return { kind: 'stray' };
    if (this.#state === 'sending') {
      this.#state = 'ended';
      return { kind: 'malformed', detail: 'it began before the request was out' };
    }
    this.#received = concat(this.#received, bytes);
    const judgement = this.#judged();
    if (judgement.kind !== 'incomplete') this.#state = 'ended';
    return judgement;
  }

  /** Ends it without an answer: nothing will become one any more. */
  giveUp(): void {
    this.#state = 'ended';
  }

  #judged(): Judgement<T> {
    const judgement = this.#exchange.judge(this.#received);
    const count = this.#received.length;
    return judgement.kind === 'incomplete' && count >= this.#exchange.bytesMax
      ? { kind: 'malformed', detail: `it does not end after ${count} bytes` }
      : judgement;
  }
}
