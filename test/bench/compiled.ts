// SPDX-License-Identifier: Apache-2.0
// The compiled program, as it is installed: Node's own stripping of types takes 30 MB, and what a
// gateway needs is to be measured without that.

import { execFile } from 'node:child_process';
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
