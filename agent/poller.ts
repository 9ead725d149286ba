// SPDX-License-Identifier: Apache-2.0
// Makes packs of what the bus reads of one meter, or of a group of its registers. A reading that
// failed becomes a pack all the same, with nulls and their reason; one that is tried again in vain
// for the same instant does not.

import { toHex } from '../base/bytes.ts';
import { messageOf } from '../base/errors.ts';
import type { SchemaId } from '../base/ids.ts';
import type { Pack } from '../base/pack.ts';
import type { Bus, BusReading } from '../drivers/bus/bus.ts';
import type { Device, ReadValue } from '../drivers/device.ts';
import type { LineFault } from '../drivers/line.ts';
import type { Clock } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import { Truth } from './truth/truth.ts';
import { type MeterValues, shownValues } from './values.ts';

export type PollerOptions = {
  /** As in its schema. */
  readonly name: string;
  readonly device: Device;
  /** Its address on the line: what is read of one device is well or ill together. */
  readonly peer: string;
  readonly periodMs: number;
  /** Whether it goes before all else that is due on the line, and what is new in it is signed at once. */
  readonly alarm: boolean;
  readonly schemaId: SchemaId;
  readonly bus: Pick<Bus, 'add' | 'remove'>;
  readonly clock: Clock;
  readonly log: Log;
  /** `isUrgent`: of a group of alarms, and it says something else than the pack before. */
  readonly onPack: (name: string, pack: Pack, options: { readonly isUrgent: boolean }) => void;
};

export type PollerStatus = {
  readonly device: string;
  readonly periodMs: number;
  readonly readCount: number;
  readonly failureCount: number;
  /** Instants left out, for want of time on the line or of an answer before. */
  readonly missedCount: number;
  readonly lastReadMs: number | undefined;
  /** What is wrong now, in words, and what can be done about it. */
  readonly fault: string | undefined;
  readonly hint: string | undefined;
};

export class Poller {
  readonly #options: PollerOptions;
  readonly #id: string;
  readonly #truth: Truth;
  #readCount = 0;
  #failureCount = 0;
  #missedCount = 0;
  #lastReadMs: number | undefined;
  #fault: LineFault | undefined;
  #latest: { readonly timeMs: number; readonly values: readonly ReadValue[] } | undefined;

  constructor(options: PollerOptions) {
    const { bus, device, peer, periodMs, alarm, schemaId } = options;
    this.#options = options;
    this.#id = toHex(schemaId);
    this.#truth = new Truth(device.values);
    const onReading = (reading: BusReading) => this.#take(reading);
    bus.add({ id: this.#id, peer, periodMs, alarm, device, onReading });
  }

  get status(): PollerStatus {
    return {
      device: this.#options.name,
      periodMs: this.#options.periodMs,
      readCount: this.#readCount,
      failureCount: this.#failureCount,
      missedCount: this.#missedCount,
      lastReadMs: this.#lastReadMs,
      fault: this.#fault?.detail,
      hint: this.#fault?.hint,
    };
  }

  /** Its newest reading, failed or not; undefined before the first. */
  get latest(): MeterValues | undefined {
    const { name, device, periodMs } = this.#options;
    if (this.#latest === undefined) return undefined;
    const { timeMs, values } = this.#latest;
    const { detail: fault, hint } = this.#fault ?? {};
    return {
      ...{ device: name, periodMs, timeMs, values: shownValues(device.values, values) },
      ...(fault === undefined ? {} : { fault }),
      ...(hint === undefined ? {} : { hint }),
    };
  }

  /** What is being read is no pack any more. */
  close(): void {
    this.#options.bus.remove(this.#id);
  }

  #take({ values: read, faults, record, retry, missedCount }: BusReading): void {
    const { name, schemaId, clock, log, onPack } = this.#options;
    const [fault] = faults;
    this.#missedCount += missedCount;
    this.#note(fault);
    if (retry && fault !== undefined) return;
    const timeMs = clock.nowMs();
    if (fault === undefined) this.#lastReadMs = timeMs;
    const values = this.#truth.judge(read, clock.monotonicMs());
    const isUrgent = this.#options.alarm && this.#isNews(values);
    this.#latest = { timeMs, values };
    const pack = {
      schemaId,
      timeMs,
      clock: clock.state(),
      mantissas: values.map(({ mantissa }) => mantissa),
      qualities: values.map(({ quality }) => quality),
      ...(record === undefined ? {} : { record }),
    };
    try {
      onPack(name, pack, { isUrgent });
    } catch (error) {
      log.error('reading-failed', { device: name, reason: messageOf(error) });
    }
  }

  /** Also that nothing can be read any more, and the first reading: what was before is not known. */
  #isNews(values: readonly ReadValue[]): boolean {
    const before = this.#latest?.values ?? [];
    return values.some(
      ({ mantissa, quality }, i) =>
        mantissa !== before[i]?.mantissa || quality !== before[i]?.quality,
    );
  }

  /** Logs only when it changes: a dead meter does not fill the log. */
  #note(fault: LineFault | undefined): void {
    const { name: device, log } = this.#options;
    if (fault === undefined) this.#readCount += 1;
    else this.#failureCount += 1;
    if (fault !== undefined && this.#fault === undefined) {
      log.warn('meter-silent', { device, fault: fault.detail, hint: fault.hint });
    }
    if (fault === undefined && this.#fault !== undefined) log.info('meter-answers', { device });
    this.#fault = fault;
  }
}
