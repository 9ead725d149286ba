// SPDX-License-Identifier: Apache-2.0
// The master of an RTU line. RTU answers carry no number, so a late one looks like the answer to
// the next request. Hence: nothing is sent before the line has been silent; after a fault it must
// have been silent as long as an answer may take at all; whatever arrives outside the wait is
// thrown away, and marks the next answer.

import { messageOf, TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { Connection } from '../connection.ts';
import {
  type Answer,
  faulty,
  type Line,
  type LineFault,
  type Priority,
  type RegisterRequest,
} from '../line.ts';
import { LineQueue } from '../line-queue.ts';
import type { ByteChannel, OpenByteChannel } from './byte-channel.ts';
import { pause } from './deadline.ts';
import { exceptionAnswer } from './exception.ts';
import { RtuExchange } from './rtu-exchange.ts';
import { answerLength, type Verdict } from './rtu-frame.ts';

export type RtuSettings = {
  readonly name: string;
  /** From the end of the request to the first byte of the answer, at most. */
  readonly timeoutMs: number;
  /** Silence before a request: 3.5 characters on a bus. */
  readonly gapMs: number;
  /** Silence after a fault: longer than any answer is late. */
  readonly settleMs: number;
  /** Rest of a device between its answer and the next request to it. */
  readonly deviceGapMs: number;
  /** Time of one character on the wire. */
  readonly characterMs: number;
  /** Whether a connection that only times out is to be opened anew (TCP: the other end may be
   * gone). */
  readonly reopenAfterTimeOuts: boolean;
  readonly timeOut: (unit: number) => { readonly detail: string; readonly hint: string };
};

const requestLength = 8;
const unitMax = 247;
// Before a request whose answer would look like the last one's, so that no second copy of that
// passes for it: USB adapters hand bytes over up to 16 ms late, and a busy system takes its time.
// Read plans avoid such pairs.
const indistinctSilenceMs = 50;

export class RtuLine implements Line {
  readonly name: string;
  readonly #settings: RtuSettings;
  readonly #queue = new LineQueue();
  readonly #connection: Connection<ByteChannel>;
  readonly #exchange = new RtuExchange();
  readonly #restUntil = new Map<number, number>();
  #ended: ((answer: Answer) => void) | undefined;
  #closed = false;
  #silentSince = 0;
  #silenceMs: number;
  #last: RegisterRequest | undefined;
  #afterFault = false;
  #timeOutsInARow = 0;

  constructor(open: OpenByteChannel, settings: RtuSettings) {
    this.name = settings.name;
    this.#settings = settings;
    this.#silenceMs = settings.gapMs;
    this.#connection = new Connection(async () => {
      const channel = await open({
        bytes: (bytes) => this.#receive(bytes),
        closed: (reason) => this.#lost(reason),
      });
      this.#silentSince = performance.now();
      return channel;
    });
  }

  request(
    request: RegisterRequest,
    { priority = 'scheduled' }: { readonly priority?: Priority } = {},
  ): Promise<Answer> {
    return this.#queue.run(priority, async () => this.#noted(request, await this.#ask(request)));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#lost('the line was closed');
    await this.#connection.close();
  }

  async #ask(request: RegisterRequest): Promise<Answer> {
    if (request.unit < 1 || request.unit > unitMax) {
      return faulty({
        kind: 'malformed',
        detail: `a unit is 1 to ${unitMax}, not ${request.unit}`,
      });
    }
    try {
      const channel = await this.#connection.get();
      const noise = await this.#silence(channel, request);
      if (noise !== undefined) return faulty(noise);
      return await this.#transact(channel, request);
    } catch (error) {
      await this.#connection.drop();
      const hint = error instanceof TielineError ? error.hint : undefined;
      return faulty({
        kind: 'closed',
        detail: messageOf(error),
        ...(hint === undefined ? {} : { hint }),
      });
    }
  }

  /** Waits until the device has rested and the line has been silent, with nothing left in any
   * buffer. */
  async #silence(channel: ByteChannel, request: RegisterRequest): Promise<LineFault | undefined> {
    const shortestMs = answersAlike(request, this.#last) ? indistinctSilenceMs : 0;
    this.#last = request;
    const restMs = (this.#restUntil.get(request.unit) ?? 0) - performance.now();
    if (restMs > 0) await pause(restMs);
    const giveUpAt = performance.now() + limits.lineSettleMsMax;
    for (;;) {
      if (this.#closed) return { kind: 'closed', detail: 'the line was closed' };
      const since = this.#silentSince;
      const waitMs = since + Math.max(this.#silenceMs, shortestMs) - performance.now();
      if (waitMs > 0) {
        if (performance.now() + waitMs > giveUpAt) return neverSilent;
        await pause(waitMs);
        continue;
      }
      await channel.discardInput();
      if (this.#silentSince === since) return undefined;
    }
  }

  async #transact(channel: ByteChannel, request: RegisterRequest): Promise<Answer> {
    const { timeoutMs, characterMs } = this.#settings;
    const ended = Promise.withResolvers<Answer>();
    this.#ended = ended.resolve;
    const wireMs = (requestLength + answerLength(request.count)) * characterMs;
    const timer = setTimeout(() => this.#timeOut(request), timeoutMs + wireMs);
    try {
      // A stuck port may never take the bytes: the time-out ends that, too.
      await Promise.race([channel.write(this.#exchange.begin(request)), ended.promise]);
      this.#exchange.written();
      return await ended.promise;
    } finally {
      clearTimeout(timer);
      this.#ended = undefined;
      this.#exchange.giveUp();
      this.#silentSince = performance.now();
    }
  }

  #receive(bytes: Uint8Array): void {
    this.#silentSince = performance.now();
    const reception = this.#exchange.receive(bytes);
    if (reception.kind === 'incomplete') return;
    if (reception.kind === 'stray') this.#disturbed();
    else this.#ended?.(answerOf(reception));
  }

  #timeOut({ unit }: RegisterRequest): void {
    const received = this.#exchange.giveUp();
    const { detail, hint } = this.#settings.timeOut(unit);
    const half = received > 0 ? `; ${received} bytes of an answer came, then silence` : '';
    this.#ended?.(faulty({ kind: 'time-out', detail: detail + half, hint }));
  }

  #lost(reason: string): void {
    this.#exchange.giveUp();
    this.#ended?.(faulty({ kind: 'closed', detail: `${this.name} was lost: ${reason}` }));
    void this.#connection.drop();
  }

  #disturbed(): void {
    this.#silenceMs = this.#settings.settleMs;
    this.#afterFault = true;
  }

  async #noted(request: RegisterRequest, answer: Answer): Promise<Answer> {
    this.#restUntil.set(request.unit, performance.now() + this.#settings.deviceGapMs);
    const fault = answer.ok ? undefined : answer.fault.kind;
    if (fault === undefined || fault === 'exception') {
      this.#silenceMs = this.#settings.gapMs;
      this.#timeOutsInARow = 0;
      const afterFault = this.#afterFault;
      if (!answer.ok) return answer;
      this.#afterFault = false;
      return { ...answer, afterFault };
    }
    this.#disturbed();
    this.#timeOutsInARow = fault === 'time-out' ? this.#timeOutsInARow + 1 : 0;
    if (this.#settings.reopenAfterTimeOuts && this.#timeOutsInARow >= limits.lineTimeOutsMax) {
      this.#timeOutsInARow = 0;
      await this.#connection.drop();
    }
    return answer;
  }
}

/** Whether the answer to one would pass for the answer to the other. */
function answersAlike(a: RegisterRequest, b: RegisterRequest | undefined): boolean {
  return a.unit === b?.unit && a.functionCode === b.functionCode && a.count === b.count;
}

const neverSilent: LineFault = {
  kind: 'malformed',
  detail: `the line was not silent for ${limits.lineSettleMsMax} ms`,
  hint: 'look for a second master, a babbling device, or wires A and B that float or are swapped',
};

function answerOf(verdict: Verdict): Answer {
  switch (verdict.kind) {
    case 'registers':
      return { ok: true, registers: verdict.registers, afterFault: false };
    case 'exception':
      return exceptionAnswer(verdict.exceptionCode);
    case 'crc':
    case 'malformed': {
      const detail = `an answer was thrown away: ${verdict.detail}`;
      return faulty({ kind: verdict.kind, detail });
    }
  }
}
