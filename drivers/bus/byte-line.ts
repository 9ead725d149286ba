// SPDX-License-Identifier: Apache-2.0
// The one owner of a two-way stream of bytes: a tty, or a TCP connection to a serial server. All
// devices behind it, of whatever protocols, ask through it, one at a time. Such protocols number
// nothing, so a late answer looks like the next one. Hence: a device that was at fault is left alone
// for longer than any answer is late, the others only until the line is silent; whatever arrives
// outside a wait is thrown away, and marks the next answer.

import { limits } from '../../base/limits.ts';
import { type AskOptions, type Faulty, faulty, type LineFault } from '../line.ts';
import type { SerialSettings } from '../meter-definition.ts';
import type { OpenByteChannel } from './byte-channel.ts';
import type { BadAnswer, Exchange } from './byte-exchange.ts';
import { ByteWire, type Noise } from './byte-wire.ts';
import { pause } from './deadline.ts';
import { LineQueue } from './line-queue.ts';
import { monotonicMs } from './monotonic.ts';
import { Patience } from './patience.ts';
import { type Closed, closedByUs, type Ended, type Silence } from './pending-exchange.ts';
import { Silences } from './silences.ts';

export type ByteLineSettings = {
  /** For people and schemas. */
  readonly name: string;
  /** Of a tty; behind a serial server, the slowest that may be there. */
  readonly serial: SerialSettings;
  /** Longest time that a device may take to begin its answer. */
  readonly timeoutMs: number;
  /** Silence before a request. */
  readonly gapMs: number;
  /** How long a device is left alone after a fault. */
  readonly settleMs: number;
  /** Rest of a device between its answer and the next request to it. */
  readonly deviceGapMs: number;
  /** A serial server stands between: it may hold an answer back until it is complete, and may be
   * gone without a word, so a connection that only times out is opened anew. */
  readonly overTcp: boolean;
  /** What a time-out means to people. */
  readonly timeOutHint: (peer: string) => string;
};

export type ByteRequest<T> = Exchange<T> & {
  /** Whom it is for, e.g. `unit 5`: faults and latencies are kept by it, and named by it. */
  readonly peer: string;
  /** For the answer to begin, and between its parts; by default what this device's earlier answers
   * suggest. */
  readonly timeoutMs?: number;
  /** Silence before it, where more is needed than the line's own. */
  readonly silenceMs?: number;
};

export type ByteAnswer<T> =
  | {
      readonly ok: true;
      readonly value: T;
      /** The first answer after a fault on the line: sound, but to be marked. */
      readonly afterFault: boolean;
    }
  | Faulty;

/** The line, held for several exchanges in a row. */
export type Talk = {
  /** Never rejects: whatever goes wrong is a fault. */
  readonly exchange: <T>(request: ByteRequest<T>) => Promise<ByteAnswer<T>>;
  /** Whether something came after that device had been silent, and it has not answered since. */
  readonly wasLate: (peer: string) => boolean;
  /** Says something to which no answer is due yet. undefined: done. */
  readonly tell: (bytes: Uint8Array) => Promise<Faulty | undefined>;
  /** Not where a serial server stands between, which keeps its own. */
  readonly canChangeSpeed: boolean;
  /** Until the talk ends. undefined: done. */
  readonly setBaudRate: (baudRate: number) => Promise<Faulty | undefined>;
};

type Failed = BadAnswer | Silence | Noise | Closed;

export type ByteListener = {
  /** In whatever pieces; attacker-controlled. */
  readonly bytes: (bytes: Uint8Array) => void;
  /** The line was lost or cannot be opened, and is tried again, or was closed: what was begun will not
   * end. */
  readonly lost: (fault: LineFault) => void;
};

export class ByteLine {
  readonly name: string;
  readonly patience: Patience;
  readonly #settings: ByteLineSettings;
  readonly #queue = new LineQueue();
  readonly #silences: Silences;
  readonly #wire: ByteWire;
  #afterFault = false;
  #timeOutsInARow = 0;
  readonly #listeners = new Set<ByteListener>();
  #closed = false;

  constructor(open: OpenByteChannel, settings: ByteLineSettings) {
    this.name = settings.name;
    this.patience = new Patience(settings.timeoutMs);
    this.#settings = settings;
    this.#silences = new Silences(settings);
    const { name, serial, overTcp } = settings;
    this.#wire = new ByteWire(
      open,
      { name, serial, holdsBack: overTcp },
      { stray: (bytes) => this.#stray(bytes), lost: (closed) => this.#lost(closed) },
    );
  }

  /** Never rejects: whatever goes wrong is a fault. */
  exchange<T>(request: ByteRequest<T>, options: AskOptions = {}): Promise<ByteAnswer<T>> {
    return this.converse((talk) => talk.exchange(request), options);
  }

  /** Nobody else asks until `use` has settled; it must not reject. */
  converse<A>(
    use: (talk: Talk) => Promise<A>,
    { priority = 'scheduled', patient = false }: AskOptions = {},
  ): Promise<A | Faulty> {
    if (this.#listeners.size > 0) return Promise.resolve(faulty(listening));
    return this.#queue.run(priority, async () => {
      let changed = false;
      const outcome = await use({
        exchange: (request) => this.#ask(request, patient),
        wasLate: (peer) => this.#silences.wasLate(peer),
        tell: async (bytes) => {
          const closed = await this.#wire.tell(bytes);
          return closed === undefined ? undefined : faulty(closed);
        },
        canChangeSpeed: !this.#settings.overTcp,
        setBaudRate: async (baudRate) => {
          changed = true;
          const closed = await this.#wire.setBaudRate(baudRate);
          return closed === undefined ? undefined : faulty(closed);
        },
      });
      if (changed) await this.#wire.setBaudRate(this.#settings.serial.baudRate);
      return outcome;
    });
  }

  /** For a device that speaks by itself. While anybody listens nobody can ask. Returns how to stop. */
  listen(listener: ByteListener): () => void {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) void this.#queue.run('control', () => this.#keepOpen());
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Gives the connection up, and has it again with the next request, or for who listens. */
  reopen(): Promise<void> {
    return this.#wire.drop();
  }

  /** Pending requests end as `closed`. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#lost(closedByUs);
    this.#listeners.clear();
    await this.#wire.close();
  }

  async #ask<T>(
    request: ByteRequest<T>,
    patient: boolean,
    isAgain = false,
  ): Promise<ByteAnswer<T>> {
    const { peer } = request;
    const usualMs = patient ? this.#settings.timeoutMs : this.patience.timeoutMs(peer);
    const timeoutMs = request.timeoutMs ?? usualMs;
    const restMs = this.#silences.restUntilMs(peer) - monotonicMs();
    if (restMs > 0 && !this.#closed) await pause(restMs);
    const silenceMs = Math.max(this.#silences.silenceMs, request.silenceMs ?? 0);
    const ended = await this.#wire.transact(request, { silenceMs, timeoutMs });
    this.#noteSilence(request, timeoutMs, ended);
    const wasGivenUp = await this.#wasGivenUp(ended);
    // Over a new connection at once: only the old one may have been dead.
    if (wasGivenUp && !isAgain) return this.#ask(request, patient, true);
    return this.#answer(peer, timeoutMs, ended);
  }

  #noteSilence<T>(request: ByteRequest<T>, timeoutMs: number, ended: Ended<T> | Noise): void {
    if (ended.kind === 'closed') return;
    const { peer, bytesMax } = request;
    const answerMs = bytesMax * this.#wire.characterMs;
    const came = ended.kind !== 'silence' || ended.receivedCount > 0;
    const kind = ended.kind === 'complete' ? 'answered' : came ? 'bad' : 'silent';
    this.#silences.noted({ peer, kind, atMs: monotonicMs(), timeoutMs, answerMs });
  }

  /** A serial server that only times out may be gone without a word. */
  async #wasGivenUp<T>(ended: Ended<T> | Noise): Promise<boolean> {
    this.#timeOutsInARow = ended.kind === 'silence' ? this.#timeOutsInARow + 1 : 0;
    if (!this.#settings.overTcp || this.#timeOutsInARow < limits.lineTimeOutsMax) return false;
    this.#timeOutsInARow = 0;
    this.#afterFault = true;
    await this.#wire.drop();
    return true;
  }

  #answer<T>(peer: string, timeoutMs: number, ended: Ended<T> | Noise): ByteAnswer<T> {
    if (ended.kind === 'complete') {
      this.patience.answered(peer, ended.latencyMs);
      const afterFault = this.#afterFault;
      this.#afterFault = false;
      return { ok: true, value: ended.value, afterFault };
    }
    this.#afterFault = true;
    if (ended.kind === 'silence') this.patience.timedOut(peer);
    return faulty(this.#faultOf(peer, timeoutMs, ended));
  }

  #faultOf(peer: string, timeoutMs: number, ended: Failed): LineFault {
    switch (ended.kind) {
      case 'silence': {
        const { receivedCount } = ended;
        const half = `; ${receivedCount} bytes of an answer came, then silence`;
        const detail = `${peer} on ${this.name} did not answer within ${Math.round(timeoutMs)} ms`;
        const hint = this.#settings.timeOutHint(peer);
        return { kind: 'time-out', detail: receivedCount > 0 ? detail + half : detail, hint };
      }
      case 'noise':
        return neverSilent;
      case 'closed':
        return ended;
      case 'crc':
      case 'malformed':
        return {
          kind: ended.kind,
          detail: `an answer was thrown away: ${ended.detail}`,
          hint: ended.kind === 'crc' ? damagedHint : strangeHint,
        };
    }
  }

  #stray(bytes: Uint8Array): void {
    for (const listener of this.#listeners) listener.bytes(bytes);
    if (this.#listeners.size > 0) return;
    this.#silences.stray();
    this.#afterFault = true;
  }

  #lost(closed: Closed): void {
    for (const listener of this.#listeners) listener.lost(closed);
  }

  /** Holds the line, open, for as long as somebody listens. */
  async #keepOpen(): Promise<void> {
    let said: string | undefined;
    while (this.#listeners.size > 0) {
      const closed = await this.#wire.open();
      if (closed !== undefined && closed.detail !== said) this.#lost(closed);
      said = closed?.detail;
      await pause(limits.lineReopenMs);
    }
  }
}

const damagedHint =
  'two devices of one number, a wrong parity, 120 ohm missing at an end of the line, or a disturbed ' +
  'cable: `tieline doctor` tells how many answers are damaged';
const strangeHint =
  'two devices of one number, a second master, an adapter that hears itself, or A and B swapped';

const neverSilent: LineFault = {
  kind: 'malformed',
  detail: `the line was not silent for ${limits.lineSettleMsMax} ms`,
  hint: 'look for a second master, a babbling device, or wires A and B that float or are swapped',
};

const listening: LineFault = {
  kind: 'busy',
  detail: 'the device on this line speaks by itself, and nobody else can be asked there',
  hint: 'give other devices a line of their own',
};
