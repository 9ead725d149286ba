// SPDX-License-Identifier: Apache-2.0

import type { Database } from './sqlite.ts';

/** What of the file is in use, and all of it: what was deleted is used again, and not given back. */
export type FileBytes = { readonly used: number; readonly whole: number };

export async function fileBytes(database: Pick<Database, 'read'>): Promise<FileBytes> {
  const [row] = await database.read(
    `SELECT (page_count - freelist_count) * page_size AS used, page_count * page_size AS whole
     FROM pragma_page_count, pragma_freelist_count, pragma_page_size`,
  );
  return { used: Number(row?.used ?? 0), whole: Number(row?.whole ?? 0) };
}
