// SPDX-License-Identifier: Apache-2.0
// A whole, consistent copy of a database of ours, made while its program writes: as of one instant,
// and without holding the writer up. The copy appears under its name when all of it is on the disk.

import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import { TielineError } from '../base/errors.ts';
import { sqliteFailure } from './sqlite-failure.ts';

/** @throws TielineError `database-exists`, `database-missing`, and as reading and writing fail. */
export function copyDatabase({ from, to }: { readonly from: string; readonly to: string }): void {
  for (const taken of [to, `${to}-wal`]) {
    if (!existsSync(taken)) continue;
    throw new TielineError('database-exists', `${taken} exists already`, {
      hint: 'choose another name, or move the old file away; nothing is ever overwritten',
    });
  }
  if (!existsSync(from)) {
    throw new TielineError('database-missing', `${from} does not exist`, {
      hint: 'check the path',
    });
  }
  const unfinished = `${to}-new`;
  try {
    rmSync(unfinished, { force: true });
    // The owner's alone, before anything is in it.
    closeSync(openSync(unfinished, 'wx', 0o600));
    vacuumInto(from, unfinished);
    syncPath(unfinished, 'r+');
    renameSync(unfinished, to);
    syncPath(dirname(to), 'r');
  } catch (error) {
    rmSync(unfinished, { force: true });
    if (error instanceof TielineError) throw error;
    throw new TielineError('file', `cannot write ${to}`, { cause: error });
  }
}

function vacuumInto(from: string, to: string): void {
  try {
    const handle = new Sqlite(from, { readonly: true, fileMustExist: true });
    try {
      handle.prepare('VACUUM INTO ?').run(to);
    } finally {
      handle.close();
    }
  } catch (error) {
    if (!(error instanceof Sqlite.SqliteError)) throw error;
    const { code, message } = error;
    throw sqliteFailure({ path: from, writing: false, code, message });
  }
}

/** What was written there, or renamed in it, is on the disk. */
export function syncPath(path: string, flags: string): void {
  const file = openSync(path, flags);
  fsyncSync(file);
  closeSync(file);
}
