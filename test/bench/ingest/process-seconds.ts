// SPDX-License-Identifier: Apache-2.0
// Time of a core that another process has had, all its threads together, as Linux counts it.

import { readFileSync } from 'node:fs';

/** Ticks of the kernel's clock, as /proc has them on every Linux that Node runs on. */
const ticksPerSecond = 100;

export function processSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name may hold spaces; user and system time are the 12th and 13th field behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}
