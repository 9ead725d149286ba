// SPDX-License-Identifier: Apache-2.0
// The compiled program, as it is installed: Node's own stripping of types takes 30 MB, and what a
// gateway needs is to be measured without that.

import { execFile } from 'node:child_process';
import { cp, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** Compiles all of the program, or, with `test`, the tests as well. */
export async function compile(project = '.'): Promise<void> {
  await promisify(execFile)('npx', ['tsc', '-b', project], { cwd: root });
}

/** What a source becomes. */
export function compiled(source: string): string {
  return join(root, 'dist', source.replace(/\.ts$/, '.js'));
}

/** The program as npm installs it, without the sources. @returns what starts it. */
export async function install(dir: string): Promise<string> {
  const launcher = join(dir, 'program/deploy/tieline.mjs');
  await mkdir(join(dir, 'program/deploy'), { recursive: true });
  await cp(join(root, 'deploy/tieline.mjs'), launcher);
  await symlink(join(root, 'dist'), join(dir, 'program/dist'));
  return launcher;
}
