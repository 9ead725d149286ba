// SPDX-License-Identifier: Apache-2.0
// Gives a process a share of one processor, by a control group of its own: of version 1 or 2, as the
// machine has them. Needs root.

import { existsSync } from 'node:fs';
import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const periodUs = 100_000;

/** @returns a function that takes the group away, once the process has ended. */
export async function limitCpu(pid: number, share: number): Promise<() => Promise<void>> {
  const old = '/sys/fs/cgroup/cpu';
  const group = join(existsSync(old) ? old : '/sys/fs/cgroup', `tieline-bench-${pid}`);
  await mkdir(group);
  const quotaUs = Math.round(share * periodUs);
  if (existsSync(old)) {
    await writeFile(join(group, 'cpu.cfs_period_us'), `${periodUs}`);
    await writeFile(join(group, 'cpu.cfs_quota_us'), `${quotaUs}`);
  } else await writeFile(join(group, 'cpu.max'), `${quotaUs} ${periodUs}`);
  await writeFile(join(group, 'cgroup.procs'), `${pid}`);
  return () => rmdir(group);
}
