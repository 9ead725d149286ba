// SPDX-License-Identifier: Apache-2.0
// How long the disk takes until a write is safe. A gateway makes a few such writes a second, each a
// few pages: on a worn or cheap card one may take seconds. What is measured is the median and the
// slowest of a hundred, in the data directory itself.

import { randomBytes } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../base/errors.ts';
import { monotonicMs } from '../../host/clock.ts';
import type { Finding } from './finding.ts';

export type DiskTest = {
  readonly dataDir: string;
  /** Goes on for at least so long. */
  readonly testMs: number;
  readonly ending: AbortSignal;
};

const pageBytes = 4_096;
const pagesPerWrite = 4;

/** Below this the median is good for a write a second and all that rides along. */
const goodMedianMs = 50;
const goodSlowestPercentMs = 500;
const leastWrites = 100;

export async function checkDisk(test: DiskTest): Promise<Finding> {
  try {
    const latenciesMs = (await measure(test)).toSorted((a, b) => a - b);
    return judge(latenciesMs);
  } catch (error) {
    const what = `a test file could not be written: ${messageOf(error)}`;
    const advice = 'a full, read-only or failing disk: see `dmesg`, `df -h`, `mount`';
    return { area: 'disk', state: 'bad', what, advice };
  }
}

/** Milliseconds of each write with its fdatasync. */
async function measure({ dataDir, testMs, ending }: DiskTest): Promise<readonly number[]> {
  const path = join(dataDir, `.doctor-${randomBytes(4).toString('hex')}`);
  const page = randomBytes(pageBytes * pagesPerWrite);
  const latenciesMs: number[] = [];
  const file = await open(path, 'wx', 0o600);
  try {
    const startedMs = monotonicMs();
    const isEnough = () => {
      const elapsedMs = monotonicMs() - startedMs;
      // A disk so slow that a hundred writes would take minutes has said enough.
      return elapsedMs >= testMs && (latenciesMs.length >= leastWrites || elapsedMs >= 10_000);
    };
    while (!isEnough() && !ending.aborted) {
      const beforeMs = monotonicMs();
      await file.write(page, 0, page.length, (latenciesMs.length % 64) * page.length);
      await file.datasync();
      latenciesMs.push(monotonicMs() - beforeMs);
    }
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
  return latenciesMs;
}

/** `latenciesMs` in ascending order, at least one. */
function judge(latenciesMs: readonly number[]): Finding {
  const at = (share: number) => latenciesMs[Math.ceil(latenciesMs.length * share) - 1] ?? 0;
  const [median, p99, slowest] = [at(0.5), at(0.99), at(1)];
  const what =
    `a safe write takes ${shown(median)} ms, 99 of 100 at most ${shown(p99)} ms, ` +
    `the slowest of ${latenciesMs.length} took ${shown(slowest)} ms`;
  if (median <= goodMedianMs && p99 <= goodSlowestPercentMs) {
    return { area: 'disk', state: 'good', what };
  }
  const advice =
    'the card is slow, worn or busy: take an industrial card, eMMC or SSD;\n' +
    'readings are safe meanwhile, and reach the chain later';
  return { area: 'disk', state: 'attention', what, advice };
}

function shown(ms: number): string {
  return ms < 10 ? ms.toFixed(1) : ms.toFixed(0);
}
