// SPDX-License-Identifier: Apache-2.0
// A program that dies on the spot, and is back after a while.

import type { Restartable } from '../../system/harness/restartable.ts';
import type { Begun } from './fault.ts';

/** @throws where it has ended by itself before. */
export async function restart(what: string, program: Restartable): Promise<Begun> {
  expectRunning(what, program);
  await program.kill();
  return {
    what: `kill -9 of the ${what}`,
    end: async () => {
      await program.start();
    },
  };
}

export function expectRunning(what: string, { isRunning, said }: Restartable): void {
  if (!isRunning) throw new Error(`the ${what} has ended by itself: ${said.slice(-2_000)}`);
}
