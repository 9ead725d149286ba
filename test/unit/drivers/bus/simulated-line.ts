// SPDX-License-Identifier: Apache-2.0
// A line in simulated time: devices that answer or not, asked in the order that a schedule says and
// given as long as their earlier answers suggest.

import { Patience } from '../../../../drivers/bus/patience.ts';
import { Schedule } from '../../../../drivers/bus/schedule.ts';

export type SimulatedDevice = {
  readonly name: string;
  readonly periodMs: number;
  /** What a whole reading takes when it answers, and how soon it begins to. */
  readonly readingMs: number;
  readonly latencyMs: number;
  /** Whether it answers at that time. */
  readonly answers: (atMs: number) => boolean;
};

export type Reading = {
  readonly name: string;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly answered: boolean;
  readonly missedCount: number;
};

const timeoutMs = 1_000;
const requestMs = 12;

export function simulateLine(
  devices: readonly SimulatedDevice[],
  { durationMs }: { readonly durationMs: number },
): readonly Reading[] {
  const schedule = new Schedule({ nowMs: 0, timeoutMs });
  const patience = new Patience(timeoutMs);
  const byName = new Map(devices.map((device) => [device.name, device]));
  for (const { name, periodMs } of devices) schedule.add({ id: name, peer: name, periodMs }, 0);
  const readings: Reading[] = [];
  let nowMs = 0;
  while (nowMs < durationMs) {
    const step = schedule.next(nowMs);
    if (step.kind === 'wait') {
      nowMs = Math.max(step.untilMs, nowMs + 1);
      continue;
    }
    const device = byName.get(step.id);
    if (device === undefined) throw new Error(`nobody added ${step.id}`);
    const startedMs = nowMs;
    const answered = device.answers(nowMs);
    if (answered) patience.answered(step.id, device.latencyMs);
    const waitMs = step.patient ? timeoutMs : patience.timeoutMs(step.id);
    nowMs += answered ? device.readingMs : requestMs + waitMs;
    if (!answered) patience.timedOut(step.id);
    const { patient, missedCount } = step;
    const restMs = answered ? 0 : timeoutMs;
    schedule.ended(step.id, { answered, patient, startedMs, endedMs: nowMs, restMs });
    readings.push({ name: step.id, startedMs, endedMs: nowMs, answered, missedCount });
  }
  return readings;
}
