// SPDX-License-Identifier: Apache-2.0

import type { Database } from './sqlite.ts';

/** Bytes that the file uses; what was deleted is used again. */
export async function usedBytes(database: Pick<Database, 'read'>): Promise<number> {
  const [row] = await database.read(
    `SELECT (page_count - freelist_count) * page_size AS used
     FROM pragma_page_count, pragma_freelist_count, pragma_page_size`,
  );
  return Number(row?.used ?? 0);
}
