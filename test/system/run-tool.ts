// SPDX-License-Identifier: Apache-2.0
// Programs of others that check ours. One that is missing fails the test and says what installs it.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const setUp = 'run deploy/dev-setup, which installs what the system tests need';

/** The root of the repository. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

export type Run = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

/** Runs the program to its end. `directory` is relative to the repository. */
export function runTool(
  command: string,
  args: readonly string[],
  options: { readonly input?: string; readonly directory?: string } = {},
): Run {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: new URL(options.directory ?? '.', new URL('../../', import.meta.url)),
    input: options.input ?? '',
    encoding: 'utf8',
    timeout: 300_000,
  });
  if (error !== undefined) throw new Error(`${command}: ${error.message}; ${setUp}`);
  if (status === null) throw new Error(`${command} was ended by a signal: ${stderr}`);
  return { exitCode: status, stdout, stderr };
}

/** Python with the packages that deploy/dev-setup puts into .venv. */
export function runPython(script: string, input: string): Run {
  const run = runTool(`${root}.venv/bin/python3`, [`test/system/python/${script}`], { input });
  if (run.stderr.includes('ModuleNotFoundError')) throw new Error(`${run.stderr.trim()}; ${setUp}`);
  return run;
}
