// SPDX-License-Identifier: Apache-2.0
// Reads the devices of one line on their schedules, one after another, for as long as it is open.
// Whoever writes or scans asks the line itself, whose queue puts the urgent between two requests.

import { messageOf } from '../../base/errors.ts';
import { quality } from '../../base/quality.ts';
import type { Device, Reading } from '../device.ts';
import type { LineFault } from '../line.ts';
import { monotonicMs } from './monotonic.ts';
import { Schedule, type Step, type Task } from './schedule.ts';

export type BusTask = Task & {
  readonly device: Device;
  readonly onReading: (reading: BusReading) => void;
};

export type BusReading = Reading & {
  /** A second attempt at an instant that was read in vain. */
  readonly retry: boolean;
  /** Instants left out before this one, for want of time or of an answer. */
  readonly missedCount: number;
};

export class Bus {
  readonly #timeoutMs: number;
  readonly #schedule: Schedule;
  readonly #tasks = new Map<string, BusTask>();
  #wake: (() => void) | undefined;
  #closed = false;
  readonly #ended: Promise<void>;

  /** `timeoutMs`: the longest time that the line allows a device. */
  constructor({ timeoutMs }: { readonly timeoutMs: number }) {
    this.#timeoutMs = timeoutMs;
    this.#schedule = new Schedule({ nowMs: monotonicMs(), timeoutMs });
    this.#ended = this.#run();
  }

  add(task: BusTask): void {
    this.#tasks.set(task.id, task);
    this.#schedule.add(task, monotonicMs());
    this.#wake?.();
  }

  /** A reading of it that is under way is not reported any more. */
  remove(id: string): void {
    this.#tasks.delete(id);
    this.#schedule.remove(id);
  }

  /** Resolves when nothing is under way: close the line first, so that nobody waits for a device
   * that does not answer. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wake?.();
    await this.#ended;
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      const step = this.#schedule.next(monotonicMs());
      if (step.kind === 'wait') await this.#sleep(step.untilMs - monotonicMs());
      else await this.#read(step);
    }
  }

  /** Until then, or until something is added. */
  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = Number.isFinite(ms)
        ? setTimeout(resolve, Math.max(Math.ceil(ms), 1))
        : undefined;
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #read({ id, patient, retry, missedCount }: Step & { kind: 'read' }): Promise<void> {
    const task = this.#tasks.get(id);
    if (task === undefined) return;
    const startedMs = monotonicMs();
    const reading = await this.#reading(task, patient);
    const endedMs = monotonicMs();
    if (this.#closed || this.#tasks.get(id) !== task) return;
    const outcome = outcomeOf(reading.faults);
    // A line that is not there says nothing about the devices on it.
    if (outcome !== 'unavailable') {
      const answered = outcome === 'answered';
      const restMs = outcome === 'silent' ? this.#timeoutMs : 0;
      this.#schedule.ended(id, { answered, patient, startedMs, endedMs, restMs });
    }
    task.onReading({ ...reading, retry, missedCount });
  }

  async #reading({ device, alarm }: BusTask, patient: boolean): Promise<Reading> {
    try {
      return await device.read({ patient, priority: alarm === true ? 'alarm' : 'scheduled' });
    } catch (error) {
      // It never should: one device that is read wrongly does not stop the others.
      const fault: LineFault = { kind: 'malformed', detail: messageOf(error) };
      const nothing = { mantissa: null, quality: quality.malformedAnswer } as const;
      return { values: device.values.map(() => nothing), faults: [fault] };
    }
  }
}

const gatewayExceptions: readonly number[] = [10, 11];

function outcomeOf(faults: readonly LineFault[]) {
  if (faults.some(({ kind }) => kind === 'closed' || kind === 'busy')) return 'unavailable';
  if (faults.some(({ kind }) => kind === 'time-out')) return 'silent';
  const garbled = faults.some(
    (fault) =>
      fault.kind === 'crc' ||
      fault.kind === 'malformed' ||
      (fault.kind === 'exception' && gatewayExceptions.includes(fault.exceptionCode)),
  );
  return garbled ? 'garbled' : 'answered';
}
