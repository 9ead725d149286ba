// SPDX-License-Identifier: Apache-2.0
// The engine of a consortium: where it is missing and Go is there, it is built, once.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { TielineError } from '../../base/errors.ts';
import { findEngine } from '../../dispatch/ordering/consortium/engine-process.ts';

const build = new URL('../../deploy/engine/build', import.meta.url).pathname;

/** @throws TielineError `engine-missing`, `engine-version`; the end. */
export async function findOrBuildEngine(
  say: (line: string) => void,
  { canBuild, ending }: { readonly canBuild: boolean; readonly ending: AbortSignal },
): Promise<string> {
  try {
    return findEngine('cometbft');
  } catch (error) {
    if (!canBuild || !(error instanceof TielineError) || error.code !== 'engine-missing')
      throw error;
  }
  say('the engine is missing; deploy/engine/build fetches and builds it, once: minutes');
  const building = spawn(build, { stdio: ['ignore', 'ignore', 'inherit'], signal: ending });
  const [code] = await once(building, 'exit', { signal: ending });
  if (code !== 0) throw new Error(`deploy/engine/build failed (exit code ${code})`);
  return findEngine('cometbft');
}
