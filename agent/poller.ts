// SPDX-License-Identifier: Apache-2.0
// Reads one meter on its schedule. The grid of instants hangs on the monotonic clock, so it neither
// drifts nor bunches; an instant that passes while the line is busy is left out, not made up for. A
// reading that failed becomes a pack all the same, with nulls and their reason.

import { messageOf } from '../base/errors.ts';
import type { SchemaId } from '../base/ids.ts';
import type { Pack } from '../base/pack.ts';
import type { Device } from '../drivers/device.ts';
import type { Clock } from '../host/clock.ts';
import type { Log } from '../host/log.ts';

export type PollerOptions = {
  /** As in its schema. */
  readonly name: string;
  readonly device: Device;
  readonly periodMs: number;
  readonly schemaId: SchemaId;
  readonly clock: Clock;
  readonly log: Log;
  readonly onPack: (name: string, pack: Pack) => void;
};

export type PollerStatus = {
  readonly device: string;
  readonly readCount: number;
  readonly failureCount: number;
  /** Instants left out because the reading before took too long. */
  readonly missedCount: number;
  readonly lastReadMs: number | undefined;
  /** What is wrong now, in words. */
  readonly fault: string | undefined;
};

export class Poller {
  readonly #options: PollerOptions;
  readonly #startMs: number;
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> = Promise.resolve();
  #closed = false;
  #instant = 0;
  #readCount = 0;
  #failureCount = 0;
  #missedCount = 0;
  #lastReadMs: number | undefined;
  #fault: string | undefined;

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#startMs = options.clock.monotonicMs();
    this.#schedule();
  }

  get status(): PollerStatus {
    return {
      device: this.#options.name,
      readCount: this.#readCount,
      failureCount: this.#failureCount,
      missedCount: this.#missedCount,
      lastReadMs: this.#lastReadMs,
      fault: this.#fault,
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#reading;
  }

  #schedule(): void {
    if (this.#closed) return;
    const { clock, periodMs } = this.#options;
    const elapsedMs = clock.monotonicMs() - this.#startMs;
    const next = Math.max(this.#instant, Math.ceil(elapsedMs / periodMs));
    this.#missedCount += next - this.#instant;
    this.#instant = next + 1;
    this.#timer = setTimeout(
      () => {
        this.#reading = this.#read().finally(() => this.#schedule());
      },
      next * periodMs - elapsedMs,
    );
  }

  async #read(): Promise<void> {
    const { name, device, schemaId, clock, log, onPack } = this.#options;
    try {
      const reading = await device.read();
      // What the end of the program interrupts says nothing about the meter.
      if (this.#closed) return;
      const timeMs = clock.nowMs();
      const [fault] = reading.faults;
      this.#note(fault?.detail);
      if (fault === undefined) this.#lastReadMs = timeMs;
      onPack(name, {
        schemaId,
        timeMs,
        clock: clock.state(),
        mantissas: reading.values.map(({ mantissa }) => mantissa),
        qualities: reading.values.map(({ quality }) => quality),
      });
    } catch (error) {
      log.error('reading-failed', { device: name, reason: messageOf(error) });
    }
  }

  /** Logs only when it changes: a dead meter does not fill the log. */
  #note(fault: string | undefined): void {
    const { name: device, log } = this.#options;
    if (fault === undefined) this.#readCount += 1;
    else this.#failureCount += 1;
    if (fault !== undefined && this.#fault === undefined)
      log.warn('meter-silent', { device, fault });
    if (fault === undefined && this.#fault !== undefined) log.info('meter-answers', { device });
    this.#fault = fault;
  }
}
