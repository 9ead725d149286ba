// SPDX-License-Identifier: Apache-2.0
// One TLS connection from its first byte to its end: frames in and out, pings where there is
// nothing to say, the end of one that went silent. Time is counted in ticks, not read from a clock:
// a process that stood still for a minute sees one tick, then what has come meanwhile, and does not
// take its own absence for the peer's.

import type { TLSSocket } from 'node:tls';
import { limits } from '../../base/limits.ts';
import { type Frame, FrameReader } from './frame.ts';
import { isPing, pingFrame } from './message-codec.ts';

export type ConnectionEvents = {
  /** While a promise is not resolved, nothing more is read. It must not reject. */
  readonly frame: (frame: Frame) => void | Promise<void>;
  /** What came is no frame. Whoever is told closes the connection. */
  readonly refused: (code: 'length', detail: string) => void;
  /** What was written last is on its way: there is room for more. */
  readonly drained: () => void;
  /** Once, whoever closed it. */
  readonly closed: (reason: string) => void;
};

const ticks = {
  open: limits.transportOpenMs / limits.transportTickMs,
  ping: limits.transportPingMs / limits.transportTickMs,
  silence: limits.transportSilenceMs / limits.transportTickMs,
};

export class Connection {
  readonly #socket: TLSSocket;
  readonly #reader = new FrameReader(limits.transportHelloBytesMax);
  #events: ConnectionEvents;
  #isOpen = false;
  #isClosed = false;
  #isPaused = false;
  #error: Error | undefined;
  #openingTicks = 0;
  #ticksSinceRead = 0;
  #ticksSinceWrite = 0;

  /** Takes over the socket, connected or not. Until `open`, only short frames are read, and not for long. */
  constructor(socket: TLSSocket, events: ConnectionEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Uint8Array) => this.#read(chunk));
    socket.on('drain', () => this.#events.drained());
    socket.on('error', (error) => {
      this.#error ??= error;
    });
    socket.once('close', () => this.close(this.#error?.message ?? 'closed by the peer'));
  }

  /** Both sides have said hello: from now on events go here, and frames of up to so many bytes are read. */
  open(bytesMax: number, events: ConnectionEvents): void {
    this.#isOpen = true;
    this.#reader.bytesMax = bytesMax;
    this.#events = events;
  }

  get isOpen(): boolean {
    return this.#isOpen && !this.#isClosed;
  }

  /** Open, and the last frame is on its way. */
  get canWrite(): boolean {
    return this.isOpen && !this.#socket.writableNeedDrain;
  }

  write(frame: Uint8Array): void {
    this.#ticksSinceWrite = 0;
    this.#socket.write(frame);
  }

  tick(): void {
    if (this.#isClosed) return;
    if (!this.#isOpen) {
      this.#openingTicks += 1;
      if (this.#openingTicks >= ticks.open) this.close('no answer in time');
      return;
    }
    // Not reading, we cannot tell whether there is anything to read.
    if (!this.#isPaused) this.#ticksSinceRead += 1;
    if (this.#ticksSinceRead >= ticks.silence) {
      this.close('silent');
      return;
    }
    this.#ticksSinceWrite += 1;
    if (this.#ticksSinceWrite >= ticks.ping && this.canWrite) this.write(pingFrame);
  }

  /** At once: what is not sent is lost. */
  close(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.destroy();
    this.#events.closed(reason);
  }

  #read(chunk: Uint8Array): void {
    this.#ticksSinceRead = 0;
    this.#reader.push(chunk);
    this.#deliver();
  }

  #deliver(): void {
    while (!this.#isPaused && !this.#isClosed) {
      const next = this.#reader.next();
      if (!next.ok) {
        this.#events.refused(next.code, next.detail);
        return;
      }
      const frame = next.value;
      if (frame === undefined) return;
      if (this.#isOpen && isPing(frame)) continue;
      const handled = this.#events.frame(frame);
      if (handled !== undefined) void this.#pauseUntil(handled);
    }
  }

  async #pauseUntil(handled: Promise<void>): Promise<void> {
    this.#isPaused = true;
    this.#socket.pause();
    await handled;
    this.#isPaused = false;
    this.#ticksSinceRead = 0;
    this.#deliver();
    if (!this.#isPaused) this.#socket.resume();
  }
}
