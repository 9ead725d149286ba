// SPDX-License-Identifier: Apache-2.0
// What a town leaves behind: nothing, or all that helps to find out what went wrong. Small file
// systems are gone with the namespace that they were mounted in, so they are copied.

import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { order } from './command.ts';
import type { Town } from './town.ts';

/** What every program said, and all data directories. */
export async function keepTown({ dir, sites, broker, centre }: Town): Promise<void> {
  const log = (name: string, said: string) => writeFile(join(dir, `${name}.log`), said);
  await Promise.all([log('broker', broker.said), log('centre', centre.said)]);
  for (const { name, program, founded, place } of sites) {
    await log(name, program.said);
    if (place.isSmall) await cp(founded.data, `${founded.data}-kept`, { recursive: true });
  }
}

export async function razeTown({ dir, sites, broker, centre }: Town): Promise<void> {
  await Promise.all([broker.kill(), centre.kill()]);
  for (const { founded, place } of sites) if (place.isSmall) await order('umount', founded.data);
  await rm(dir, { recursive: true, force: true });
}
