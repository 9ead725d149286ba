// SPDX-License-Identifier: Apache-2.0
// The newest checkpoint that this gateway has signed. It is on disk before it is released, and its
// size only grows: so a copy of the disk that is older than what was signed can be told.

import { TielineError } from '../../base/errors.ts';
import type { Database, Statement } from '../../host/sqlite.ts';
import { blobAt, integerAt, textAt } from './columns.ts';

export type Cosigned = {
  readonly size: number;
  readonly root: Uint8Array;
  /** Checkpoint, the log's line and this gateway's co-signature, as a signed note. */
  readonly note: string;
};

export async function readCosigned(database: Database): Promise<Cosigned | undefined> {
  const [row] = await database.read('SELECT size, root, note FROM cosigned');
  return (
    row && { size: integerAt(row, 'size'), root: blobAt(row, 'root'), note: textAt(row, 'note') }
  );
}

/** Fails as a whole where something as large was signed before. */
export function cosignedStatement({ size, root, note }: Cosigned): Statement {
  return {
    sql: `INSERT INTO cosigned (id, size, root, note) VALUES (1, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE
      SET size = excluded.size, root = excluded.root, note = excluded.note
      WHERE excluded.size > size`,
    params: [size, root, note],
    changes: 1,
  };
}

/** @throws TielineError `rollback` (fatal) where more was signed than the disk holds. */
export function assertNotRolledBack(cosigned: Cosigned | undefined, size: number): void {
  if (cosigned === undefined || cosigned.size <= size) return;
  throw new TielineError(
    'rollback',
    `a checkpoint of ${cosigned.size} blocks was signed, and the disk holds ${size}`,
    {
      retry: 'fatal',
      hint: 'this is not the newest copy: join the chain as a new member, with a new key',
    },
  );
}
