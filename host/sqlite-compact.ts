// SPDX-License-Identifier: Apache-2.0
// Writes a database of ours anew without the room that what was deleted left in it, and puts that in the
// place of the old one. Whatever happens on the way, the old file or the new one is there, whole.

import { chownSync, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import { assert } from '../base/assert.ts';
import { TielineError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { lockDatabase } from './sqlite-connection.ts';
import { copyDatabase, syncPath } from './sqlite-copy.ts';
import { sqliteFailure } from './sqlite-failure.ts';

export type Compacted = { readonly bytesBefore: number; readonly bytesAfter: number };

/**
 * Needs as much room beside it as it comes to afterwards.
 * @throws TielineError `database-locked` while its program runs or another reads it, `database-missing`, and
 * as reading and writing fail; then nothing has changed.
 */
export function compactDatabase(path: string): Compacted {
  if (!existsSync(path)) {
    throw new TielineError('database-missing', `${path} does not exist`, {
      hint: 'check the path',
    });
  }
  const lock = lockDatabase(path);
  try {
    endJournal(path);
    const bytesBefore = statSync(path).size;
    const copy = `${path}-compact`;
    // Of a compaction that was interrupted.
    rmSync(copy, { force: true });
    copyDatabase({ from: path, to: copy });
    giveTo(path, copy);
    renameSync(copy, path);
    syncPath(dirname(path), 'r');
    return { bytesBefore, bytesAfter: statSync(path).size };
  } finally {
    lock.close();
  }
}

/** Whoever is root here may not be its program, which could not open a file of root's. */
function giveTo(original: string, copy: string): void {
  const [{ uid, gid }, now] = [statSync(original), statSync(copy)];
  if (uid === now.uid && gid === now.gid) return;
  try {
    chownSync(copy, uid, gid);
  } catch (error) {
    rmSync(copy, { force: true });
    throw new TielineError('file', `cannot give ${copy} to the owner of ${original}`, {
      hint: 'run this as that user',
      cause: error,
    });
  }
}

/**
 * What the journal holds goes into the file, and the journal goes: left beside another file under this
 * name, it would be taken for that file's.
 */
function endJournal(path: string): void {
  try {
    const handle = new Sqlite(path, {
      fileMustExist: true,
      timeout: limits.databaseBusyTimeoutMs,
    });
    try {
      handle.pragma('journal_mode = DELETE');
    } finally {
      handle.close();
    }
  } catch (error) {
    if (!(error instanceof Sqlite.SqliteError)) throw error;
    const { code, message } = error;
    throw sqliteFailure({ path, writing: true, code, message });
  }
  assert(!existsSync(`${path}-wal`), 'a database that is no journal’s has none beside it');
}
