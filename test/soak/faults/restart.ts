// SPDX-License-Identifier: Apache-2.0
// A program that dies on the spot, and is back after a while.

import type { Restartable } from '../../system/harness/restartable.ts';
import type { Begun } from './fault.ts';

export async function restart(what: string, program: Restartable): Promise<Begun> {
  await program.kill();
  return {
    what: `kill -9 of the ${what}`,
    end: async () => {
      await program.start();
    },
  };
}
