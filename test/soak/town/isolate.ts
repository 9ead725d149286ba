// SPDX-License-Identifier: Apache-2.0
// Runs this program once more in namespaces of its own: networks, mounts and processes that are made
// there touch nothing outside, and are gone with it, however it ends. Needs root, or a kernel that
// lets users make namespaces.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const mark = 'TIELINE_SOAK_DIR';

/** The directory that is its own, too; undefined outside. */
export function isolatedDir(): string | undefined {
  return process.env[mark];
}

/** @returns the exit code. `ending` ends all of it on the spot. */
export async function runIsolated(
  file: string,
  words: readonly string[],
  ending: AbortSignal,
): Promise<number> {
  const dir = await mkdtemp(join(tmpdir(), 'tieline-soak-'));
  const asRoot = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const own = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const child = spawn('unshare', [...asRoot, ...own, process.execPath, file, ...words], {
    stdio: 'inherit',
    env: { ...process.env, [mark]: dir },
  });
  ending.addEventListener('abort', () => child.kill('SIGKILL'));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (ending.aborted) await rm(dir, { recursive: true, force: true });
  return code ?? 1;
}
