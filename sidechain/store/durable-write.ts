// SPDX-License-Identifier: Apache-2.0
// A write that must come to pass: tried again while the database says that this may help (another program has
// the file locked, too many calls wait), because then nothing was written. Any other failure is final.

import { TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Log } from '../../host/log.ts';
import type { Database, Statement } from '../../host/sqlite.ts';

/** @throws what the last of `limits.storeWriteAttemptsMax` attempts failed with. */
export async function writeDurably(
  database: Database,
  statements: readonly Statement[],
  between: { readonly pause: () => Promise<void>; readonly log: Log },
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await database.write(statements);
    } catch (error) {
      const mayHelp = error instanceof TielineError && error.retry === 'transient';
      if (!mayHelp || attempt === limits.storeWriteAttemptsMax) throw error;
      between.log.warn('write-retried', { attempt, error });
      await between.pause();
    }
  }
}
