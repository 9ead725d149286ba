// SPDX-License-Identifier: Apache-2.0
// What a process has taken of the machine, as Linux counts it (proc(5)).

import { readFile } from 'node:fs/promises';

export type Usage = {
  /** Resident now, and at most so far. */
  readonly residentMb: number;
  readonly residentMostMb: number;
  /** Of processors, over its life. */
  readonly cpuSeconds: number;
  /** What it made the file system write: whole pages, when they were changed. */
  readonly writtenBytes: number;
};

const ticksPerSecond = 100;

export async function usageOf(pid: number): Promise<Usage> {
  const read = (name: string): Promise<string> => readFile(`/proc/${pid}/${name}`, 'utf8');
  const [status, io, stat] = await Promise.all([read('status'), read('io'), read('stat')]);
  // Behind the name of the program, which may hold anything: utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    residentMb: field(status, 'VmRSS') / 1_024,
    residentMostMb: field(status, 'VmHWM') / 1_024,
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
    writtenBytes: field(io, 'write_bytes'),
  };
}

function field(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN);
}
