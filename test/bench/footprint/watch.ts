// SPDX-License-Identifier: Apache-2.0
// What running gateways take in a time, each for itself; and whether they kept up with it.

import type { Running } from './town.ts';
import { type Usage, usageOf } from './usage.ts';

export type Taken = {
  readonly residentMb: number;
  readonly residentMostMb: number;
  /** Of one core. */
  readonly cpuPercent: number;
  readonly syncsPerSecond: number;
  readonly writtenBytes: number;
  readonly packs: number;
  readonly missed: number;
  /** Terms that began meanwhile. */
  readonly elections: number;
  /** Entries that waited for a block: at the end, and the most seen. */
  readonly waiting: number;
  readonly waitingMost: number;
};

type Moment = {
  readonly usage: Usage;
  readonly syncs: number;
  readonly packs: number;
  readonly missed: number;
  readonly term: number;
  readonly waiting: number;
};

const lookMs = 1_000;

export async function watch(
  gateways: readonly Running[],
  runMs: number,
): Promise<readonly Taken[]> {
  const start = await Promise.all(gateways.map(momentOf));
  const startMs = performance.now();
  const most = gateways.map(() => 0);
  while (performance.now() - startMs < runMs) {
    await new Promise((resolve) => setTimeout(resolve, lookMs));
    for (const [i, gateway] of gateways.entries()) {
      const { ledger } = await gateway.status();
      most[i] = Math.max(most[i] ?? 0, ledger.outbox.count);
    }
  }
  const seconds = (performance.now() - startMs) / 1_000;
  const end = await Promise.all(gateways.map(momentOf));
  return end.flatMap((after, i) => {
    const before = start[i];
    if (before === undefined) return [];
    return [{ ...between(before, after, seconds), waitingMost: most[i] ?? 0 }];
  });
}

async function momentOf({ pid, disk, status }: Running): Promise<Moment> {
  const [{ meters, ledger }, usage] = await Promise.all([status(), usageOf(pid)]);
  const sum = (of: (meter: (typeof meters)[number]) => number): number =>
    meters.reduce((all, meter) => all + of(meter), 0);
  return {
    usage,
    syncs: disk.syncCount(),
    packs: sum(({ readCount }) => readCount),
    missed: sum(({ missedCount, failureCount }) => missedCount + failureCount),
    term: ledger.term,
    waiting: ledger.outbox.count,
  };
}

function between(before: Moment, after: Moment, seconds: number): Omit<Taken, 'waitingMost'> {
  const cpuSeconds = after.usage.cpuSeconds - before.usage.cpuSeconds;
  return {
    residentMb: after.usage.residentMb,
    residentMostMb: after.usage.residentMostMb,
    cpuPercent: (100 * cpuSeconds) / seconds,
    syncsPerSecond: (after.syncs - before.syncs) / seconds,
    writtenBytes: after.usage.writtenBytes - before.usage.writtenBytes,
    packs: after.packs - before.packs,
    missed: after.missed - before.missed,
    elections: after.term - before.term,
    waiting: after.waiting,
  };
}
