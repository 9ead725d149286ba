// SPDX-License-Identifier: Apache-2.0
// Runs this program once more in namespaces of its own: networks, mounts and processes that are made
// there touch nothing outside, and are gone with it, however it ends. Needs root, or a kernel that
// lets users make namespaces.

import { spawn } from 'node:child_process';
import { once } from 'node:events';

const mark = 'TIELINE_SOAK_INSIDE';

export function isIsolated(): boolean {
  return process.env[mark] !== undefined;
}

/** @returns the exit code. `ending` ends all of it on the spot. */
export async function runIsolated(
  file: string,
  words: readonly string[],
  ending: AbortSignal,
): Promise<number> {
  const asRoot = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const own = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const child = spawn('unshare', [...asRoot, ...own, process.execPath, file, ...words], {
    stdio: 'inherit',
    env: { ...process.env, [mark]: '1' },
  });
  ending.addEventListener('abort', () => child.kill('SIGKILL'));
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}
