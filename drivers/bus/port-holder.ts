// SPDX-License-Identifier: Apache-2.0
// Which programs hold a tty, as the kernel tells it: of programs of other users only root is told.

import { readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';

/** It is open already where it was to be opened. */
export const heldByUs = 'this program';

/** In words; undefined where it cannot be told. */
export async function portHolders(path: string, processes = '/proc'): Promise<string | undefined> {
  const real = await realpath(path).catch(() => path);
  if (await hasOpen(join(processes, `${process.pid}`, 'fd'), real)) return heldByUs;
  const ids = (await readdir(processes).catch(() => [])).filter((name) => /^\d+$/.test(name));
  const holders: string[] = [];
  for (const id of ids) {
    if (!(await hasOpen(join(processes, id, 'fd'), real))) continue;
    const [name, words] = await Promise.all(
      ['comm', 'cmdline'].map((file) =>
        readFile(join(processes, id, file), 'utf8').catch(() => ''),
      ),
    );
    // Only whether it is one of ours: the words of a command may hold secrets.
    const isOurs = /\btieline(\.mjs|\.ts)?\0/.test(words ?? '');
    holders.push(`${isOurs ? 'a Tieline program' : name?.trim()} (process ${id})`);
  }
  return holders.length === 0 ? undefined : holders.join(', ');
}

async function hasOpen(folder: string, path: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  const targets = names.map((name) => readlink(join(folder, name)).catch(() => ''));
  return (await Promise.all(targets)).includes(path);
}
