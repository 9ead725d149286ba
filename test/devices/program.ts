// SPDX-License-Identifier: Apache-2.0
// Programs of others that talk to ours while it serves, so they run beside it. One that is missing
// fails the test and says what installs it.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const setUp = 'run deploy/dev-setup, which installs what the system tests need';

/** Python with the packages that deploy/dev-setup puts into .venv. */
export const python = `${root}.venv/bin/python3`;

export type Output = {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
};

/** Runs the program to its end. */
export function runProgram(command: string, args: readonly string[]): Promise<Output> {
  const child = spawn(command, args, { cwd: root, timeout: 120_000 });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', ({ message }) => reject(new Error(`${message}; ${setUp}`)));
    child.once('close', (exitCode) => {
      if (stderr.includes('ModuleNotFoundError')) reject(new Error(`${stderr}; ${setUp}`));
      else resolve({ exitCode: exitCode ?? 1, stdout, stderr });
    });
  });
}

/** Starts a program that prints `ready` when it serves; `input` is all that it reads. */
export async function startProgram(
  command: string,
  args: readonly string[],
  input = '',
): Promise<{ readonly close: () => Promise<void> }> {
  const child = spawn(command, args, { cwd: root, stdio: ['pipe', 'pipe', 'pipe'] });
  // Who ends at once does not read it: that it ended is said below.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.once('error', ({ message }) => reject(new Error(`${message}; ${setUp}`)));
    child.once('close', () => reject(new Error(`${command} ended: ${stderr}; ${setUp}`)));
    createInterface(child.stdout).on('line', (line) => {
      if (line.startsWith('ready')) resolve();
    });
  });
  return {
    close: async () => {
      child.kill();
      await ended;
    },
  };
}
