// SPDX-License-Identifier: Apache-2.0
// The strict state machine of an RTU master: idle → sent → waiting → idle. It knows no clock and no
// port. Invariant: only bytes that arrive while waiting can become an answer, and only the bytes of
// this one wait.

import { assert } from '../../base/assert.ts';
import { concat, equal } from '../../base/bytes.ts';
import type { RegisterRequest } from '../line.ts';
import { encodeRequest, type Judgement, judgeAnswer } from './rtu-frame.ts';

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'sent'; readonly request: RegisterRequest }
  | {
      readonly kind: 'waiting';
      readonly request: RegisterRequest;
      readonly received: Uint8Array;
    };

/** `stray`: the bytes belong to nothing and were thrown away. Everything but `incomplete` and
 * `stray` ends the exchange. */
export type Reception = Judgement | { readonly kind: 'stray' };

export class RtuExchange {
  #state: State = { kind: 'idle' };

  /** The frame to send. */
  begin(request: RegisterRequest): Uint8Array {
    assert(this.#state.kind === 'idle', 'one exchange at a time');
    this.#state = { kind: 'sent', request };
    return encodeRequest(request);
  }

  /** The system has taken the frame: from now on an answer may come. */
  written(): void {
    if (this.#state.kind !== 'sent') return;
    this.#state = { kind: 'waiting', request: this.#state.request, received: new Uint8Array() };
  }

  receive(bytes: Uint8Array): Reception {
    if (this.#state.kind === 'idle') return { kind: 'stray' };
    const { request } = this.#state;
    if (this.#state.kind === 'sent') {
      this.#state = { kind: 'idle' };
      return { kind: 'malformed', detail: 'it began before the request was out' };
    }
    const received = concat(this.#state.received, bytes);
    const judgement = judged(request, received);
    this.#state =
      judgement.kind === 'incomplete' ? { kind: 'waiting', request, received } : { kind: 'idle' };
    return judgement;
  }

  /** Ends the exchange without an answer. Returns how many bytes of one had come. */
  giveUp(): number {
    const received = this.#state.kind === 'waiting' ? this.#state.received.length : 0;
    this.#state = { kind: 'idle' };
    return received;
  }
}

function judged(request: RegisterRequest, received: Uint8Array): Judgement {
  const own = encodeRequest(request);
  if (equal(received.subarray(0, own.length), own)) {
    return {
      kind: 'malformed',
      detail: 'it is the request itself: the adapter echoes what it sends',
    };
  }
  return judgeAnswer(request, received);
}
