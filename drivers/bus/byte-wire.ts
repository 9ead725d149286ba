// SPDX-License-Identifier: Apache-2.0
// A two-way stream of bytes as one exchange after another: opened when it is needed, silent before
// anything is sent, and bounded in every wait. What it may be used for, and when, its line knows.

import { messageOf, TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { SerialSettings } from '../meter-definition.ts';
import type { ByteChannel, OpenByteChannel } from './byte-channel.ts';
import type { Exchange } from './byte-exchange.ts';
import { Connection } from './connection.ts';
import { exactPause } from './deadline.ts';
import { monotonicMs } from './monotonic.ts';
import { type Closed, closedByUs, type Ended, PendingExchange } from './pending-exchange.ts';
import { characterMs } from './wire-time.ts';

export type Waits = {
  /** Before anything is sent. */
  readonly silenceMs: number;
  /** For the answer to begin, and between its parts. */
  readonly timeoutMs: number;
};

/** Nothing was sent, for the wire was never silent. */
export type Noise = { readonly kind: 'noise' };

export type WireSettings = {
  /** For people. */
  readonly name: string;
  /** Behind a serial server the slowest that it may be. */
  readonly serial: SerialSettings;
  /** Whether what stands between may hold an answer back until it is complete (serial servers). */
  readonly holdsBack: boolean;
};

/** Of bytes outside of any exchange, and of a wire that was lost. */
export type WireListener = {
  readonly stray: (bytes: Uint8Array) => void;
  readonly lost: (closed: Closed) => void;
};

export class ByteWire {
  readonly #settings: WireSettings;
  readonly #listener: WireListener;
  readonly #connection: Connection<ByteChannel>;
  #pending: Pick<PendingExchange<unknown>, 'receive' | 'lose'> | undefined;
  #closed = false;
  #silentSince = 0;
  #characterMs: number;

  constructor(open: OpenByteChannel, settings: WireSettings, listener: WireListener) {
    this.#settings = settings;
    this.#listener = listener;
    this.#characterMs = characterMs(settings.serial);
    this.#connection = new Connection(async () => {
      const channel = await open({
        bytes: (bytes) => this.#arrived(bytes),
        closed: (reason) => this.#lost(reason),
      });
      this.#silentSince = monotonicMs();
      return channel;
    });
  }

  /** One at a time. Never rejects. */
  async transact<T>(exchange: Exchange<T>, waits: Waits): Promise<Ended<T> | Noise> {
    return this.#using<Ended<T> | Noise>(async (channel) => {
      // What comes without being asked for may have begun already.
      const unfit =
        exchange.send === undefined ? undefined : await this.#silence(channel, waits.silenceMs);
      return unfit ?? (await this.#exchange(channel, exchange, waits.timeoutMs));
    });
  }

  /** Writes what nobody answers yet. undefined: done. */
  async tell(bytes: Uint8Array): Promise<Closed | undefined> {
    return this.#using<Closed | undefined>(async (channel) => {
      await channel.write(bytes);
      return undefined;
    });
  }

  /** Holds until it is set again or the wire is opened anew. undefined: done. */
  async setBaudRate(baudRate: number): Promise<Closed | undefined> {
    return this.#using<Closed | undefined>(async (channel) => {
      if (channel.setBaudRate === undefined) return fixedSpeed;
      await channel.setBaudRate(baudRate);
      this.#characterMs = characterMs({ ...this.#settings.serial, baudRate });
      return undefined;
    });
  }

  /** Time of one character at the speed of now. */
  get characterMs(): number {
    return this.#characterMs;
  }

  /** Opens it where it is not open. undefined: done. */
  async open(): Promise<Closed | undefined> {
    return this.#using<undefined>(async () => undefined);
  }

  /** Gives the connection up; it is opened anew when it is needed. */
  async drop(): Promise<void> {
    this.#characterMs = characterMs(this.#settings.serial);
    await this.#connection.drop();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#pending?.lose(closedByUs);
    await this.#connection.close();
  }

  async #using<R>(use: (channel: ByteChannel) => Promise<R>): Promise<R | Closed> {
    try {
      return await use(await this.#connection.get());
    } catch (error) {
      await this.drop();
      const hint = error instanceof TielineError ? error.hint : undefined;
      const detail = messageOf(error);
      return { kind: 'closed', detail, ...(hint === undefined ? {} : { hint }) };
    }
  }

  /** Waits until the wire has been silent for so long, with nothing left in any buffer. */
  async #silence(channel: ByteChannel, silenceMs: number): Promise<Noise | Closed | undefined> {
    const giveUpAt = monotonicMs() + limits.lineSettleMsMax;
    for (;;) {
      if (this.#closed) return closedByUs;
      const since = this.#silentSince;
      const waitMs = since + silenceMs - monotonicMs();
      if (waitMs > 0) {
        if (monotonicMs() + waitMs > giveUpAt) return { kind: 'noise' };
        await exactPause(waitMs);
        continue;
      }
      await channel.discardInput();
      if (this.#silentSince === since) return undefined;
    }
  }

  async #exchange<T>(
    channel: ByteChannel,
    exchange: Exchange<T>,
    timeoutMs: number,
  ): Promise<Ended<T>> {
    const { holdsBack } = this.#settings;
    const pace = { characterMs: this.#characterMs, timeoutMs, holdsBack };
    const pending = new PendingExchange(exchange, pace);
    this.#pending = pending;
    try {
      // A stuck port may never take the bytes: the time-out ends that, too.
      const { send } = exchange;
      if (send !== undefined) await Promise.race([channel.write(send), pending.ended]);
      pending.written();
      return await pending.ended;
    } finally {
      pending.stop();
      this.#pending = undefined;
      this.#silentSince = monotonicMs();
    }
  }

  #arrived(bytes: Uint8Array): void {
    this.#silentSince = monotonicMs();
    if (this.#pending?.receive(bytes) !== true) this.#listener.stray(bytes);
  }

  #lost(reason: string): void {
    const closed: Closed = { kind: 'closed', detail: `${this.#settings.name} was lost: ${reason}` };
    this.#pending?.lose(closed);
    this.#listener.lost(closed);
    void this.drop();
  }
}

const fixedSpeed: Closed = {
  kind: 'closed',
  detail: 'a serial server keeps its own baud rate',
  hint: 'connect the meter to a serial port of this machine',
};
