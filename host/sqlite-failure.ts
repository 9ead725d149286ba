// SPDX-License-Identifier: Apache-2.0
// What SQLite's result codes mean to whoever runs a gateway: which end the process (nothing is known any more
// about what is on the disk), which may be tried again, and what to do about each.

import { InvariantError } from '../base/assert.ts';
import { TielineError } from '../base/errors.ts';

const restore =
  'keep the file for examination, and restore the newest copy or join the chain as a new member';

/**
 * The error to throw for a failure of SQLite.
 * `writing` says that a transaction may have been under way: then all but a refused constraint and a lock
 * held by others is fatal. After a failed fsync the kernel may report success next time without
 * having written.
 */
export function sqliteFailure(options: {
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly writing: boolean;
}): Error {
  const { path, code, message, writing } = options;
  const detail = `${message} (${code})`;
  const fail = (name: string, text: string, hint?: string) =>
    new TielineError(name, `${path}: ${text}: ${detail}`, { retry: 'fatal', hint });
  // Extended codes such as SQLITE_IOERR_FSYNC begin with the primary one.
  switch (code.split('_', 2)[1]) {
    case 'FULL':
      return fail(
        'database-full',
        'no space left to write',
        'free space on the file system and start again: nothing acknowledged is lost',
      );
    case 'IOERR':
      return fail(
        'database-io',
        'the disk failed',
        'look at the kernel log (`dmesg`); a worn card must be replaced',
      );
    case 'CORRUPT':
    case 'NOTADB':
      return fail('database-corrupt', 'damaged, or not a database', restore);
    case 'CANTOPEN':
    case 'PERM':
    case 'READONLY':
    case 'AUTH':
      return fail(
        'database-access',
        'cannot be opened or written',
        'check the owner and the mode of the file and of its directory (`ls -ld`)',
      );
    case 'BUSY':
    case 'LOCKED':
      return new TielineError('database-locked', `${path}: locked by another program: ${detail}`, {
        retry: 'transient',
        hint: 'close whatever else has the file open (`fuser -v FILE`)',
      });
    case 'CONSTRAINT':
      return new TielineError('constraint', `${path}: ${detail}`);
    case 'ERROR':
    case 'MISMATCH':
    case 'RANGE':
    case 'MISUSE':
      return new InvariantError(`${path}: wrong statement: ${detail}`);
    default:
      return writing
        ? fail('database-write', 'a write failed')
        : new TielineError('database-read', `${path}: a read failed: ${detail}`);
  }
}
