// SPDX-License-Identifier: Apache-2.0
// Hears a device that speaks by itself, and hands out its newest message: each once, none that is older
// than a moment, and damaged ones never. Invariant: what it keeps is one message, however long nobody
// asks.

import type { BadAnswer } from './bus/byte-exchange.ts';
import type { ByteLine } from './bus/byte-line.ts';
import { monotonicMs } from './bus/monotonic.ts';
import { type Faulty, faulty, type LineFault } from './line.ts';

/** What a decoder finds in a stream, in order. */
export type Heard<T> =
  | { readonly kind: 'message'; readonly value: T }
  | (BadAnswer & Pick<LineFault, 'hint' | 'needsKey'>);

/** Cuts a stream into messages. Bytes are attacker-controlled: it never throws, and keeps no more than
 * a message. */
export type PushDecoder<T> = {
  readonly push: (bytes: Uint8Array) => readonly Heard<T>[];
  /** The line was lost: what was begun will not end. */
  readonly reset: () => void;
};

export type PushAnswer<T> =
  | {
      readonly ok: true;
      readonly value: T;
      /** The first after a fault on the line: sound, but to be marked. */
      readonly afterFault: boolean;
    }
  | Faulty;

export type PushSettings<T> = {
  readonly line: Pick<ByteLine, 'name' | 'listen' | 'reopen'>;
  readonly decoder: PushDecoder<T>;
  /** How long a device may be silent between two messages. */
  readonly silenceMsMax: number;
  /** What silence means to people. */
  readonly silenceHint: string;
};

// A message is of now for so long.
const freshMs = 2_000;

type Message<T> = { readonly value: T; readonly atMs: number; readonly afterFault: boolean };

export class PushReceiver<T> {
  readonly #settings: PushSettings<T>;
  readonly #stop: () => void;
  #newest: Message<T> | undefined;
  /** The last thing that went wrong since the last message. */
  #fault: LineFault | undefined;
  /** Of which nothing could be made. */
  #byteCount = 0;
  #wake: (() => void) | undefined;

  constructor(settings: PushSettings<T>) {
    this.#settings = settings;
    this.#stop = settings.line.listen({
      bytes: (bytes) => this.#hear(bytes),
      lost: (fault) => this.#lose(fault),
    });
  }

  /** The newest message that was not handed out yet, or the next. Never rejects; one caller at a time. */
  async next(): Promise<PushAnswer<T>> {
    const lost = this.#fault?.kind === 'closed';
    const message = this.#take() ?? (lost ? undefined : await this.#await());
    if (message !== undefined) {
      return { ok: true, value: message.value, afterFault: message.afterFault };
    }
    if (this.#fault === undefined) {
      // A port whose device was pulled out does not always notice.
      void this.#settings.line.reopen();
      return faulty(this.#silence());
    }
    return faulty(this.#fault);
  }

  stop(): void {
    this.#stop();
    this.#wake?.();
  }

  #take(): Message<T> | undefined {
    const message = this.#newest;
    this.#newest = undefined;
    return message !== undefined && monotonicMs() - message.atMs <= freshMs ? message : undefined;
  }

  async #await(): Promise<Message<T> | undefined> {
    this.#byteCount = 0;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#settings.silenceMsMax);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
    return this.#take();
  }

  #hear(bytes: Uint8Array): void {
    this.#byteCount += bytes.length;
    for (const heard of this.#settings.decoder.push(bytes)) {
      this.#byteCount = 0;
      if (heard.kind === 'message') {
        const afterFault = this.#fault !== undefined;
        this.#newest = { value: heard.value, atMs: monotonicMs(), afterFault };
        this.#fault = undefined;
        this.#wake?.();
      } else {
        this.#fault = { ...heard, detail: `a message was thrown away: ${heard.detail}` };
        // Waiting brings no key.
        if (heard.needsKey) this.#wake?.();
      }
    }
  }

  #lose(fault: LineFault): void {
    this.#settings.decoder.reset();
    this.#fault = fault;
    this.#wake?.();
  }

  #silence(): LineFault {
    const { line, silenceMsMax, silenceHint } = this.#settings;
    const count = this.#byteCount;
    const heard = count === 0 ? 'nothing was' : `${count} bytes, and no message in them, were`;
    const detail = `${heard} heard on ${line.name} for ${silenceMsMax / 1_000} s`;
    return { kind: 'time-out', detail, hint: silenceHint };
  }
}
