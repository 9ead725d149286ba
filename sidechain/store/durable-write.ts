// SPDX-License-Identifier: Apache-2.0
// A write that must come to pass: tried again while the database says that this may help (another
// program has the file locked, too many calls wait), because then nothing was written. Any other
// failure is final.

import { TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Log } from '../../host/log.ts';
import type { Database, Statement } from '../../host/sqlite.ts';

/** Runs something again and again until the function that it returns is called. */
export type Every = (intervalMs: number, run: () => void) => () => void;

/** @throws what the last of `limits.storeWriteAttemptsMax` attempts failed with. */
export async function writeDurably(
  database: Database,
  statements: readonly Statement[],
  host: { readonly log: Log; readonly every: Every },
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await database.write(statements);
    } catch (error) {
      const mayHelp = error instanceof TielineError && error.retry === 'transient';
      if (!mayHelp || attempt === limits.storeWriteAttemptsMax) throw error;
      host.log.warn('write-retried', { attempt, error });
      await pause(host.every);
    }
  }
}

function pause(every: Every): Promise<void> {
  return new Promise((resolve) => {
    const stop = every(limits.storeWritePauseMs, () => {
      stop();
      resolve();
    });
  });
}
