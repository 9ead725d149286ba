// SPDX-License-Identifier: Apache-2.0
// Which anchors stand in a ledger, read from its file, and where.

import { toHex } from '../../base/bytes.ts';
import { ledgerMigrations } from '../../dispatch/store/ledger-schema.ts';
import { openDatabase } from '../../host/sqlite.ts';

/** Leaves of each anchor, in hex. */
export async function anchorsIn(path: string): Promise<ReadonlyMap<string, readonly number[]>> {
  const database = await openDatabase({ path, mode: 'read-only', migrations: ledgerMigrations });
  const places = new Map<string, number[]>();
  try {
    for (const row of await database.read('SELECT log_index, bytes FROM anchor')) {
      const anchor = toHex(row.bytes as Uint8Array);
      places.set(anchor, [...(places.get(anchor) ?? []), Number(row.log_index)]);
    }
  } finally {
    await database.close();
  }
  return places;
}
