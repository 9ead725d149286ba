// SPDX-License-Identifier: Apache-2.0
// What persons have entered by hand, taken out of the blocks for showing it: a view, which decides
// nothing. It holds the newest only, and what this copy has applied by itself; the blocks hold all.

import { limits } from '../../base/limits.ts';
import type { Suite } from '../../base/suite.ts';
import type { Database, Statement } from '../../host/sqlite.ts';
import type { BlockBody } from '../chain/block.ts';
import { openEntry, type SignedEntry, verifyEntry } from '../chain/entry.ts';
import type { AppliedBlock } from '../chain/ledger.ts';
import { decodeManualEntry, type ManualEntry } from '../chain/manual-entry.ts';
import type { Person } from '../chain/member.ts';
import { acceptedEntries } from '../chain/prove.ts';
import type { Registry } from '../chain/registry.ts';
import { blobAt, integerAt } from './columns.ts';
import { damaged } from './damage.ts';

export type StoredManualEntry = {
  readonly height: number;
  /** Of the block. */
  readonly blockTimeMs: number;
  readonly signed: SignedEntry;
  readonly person: Person;
  readonly entry: ManualEntry;
};

/** Asked of blocks that hold one. */
export function manualEntryStatements(
  suite: Suite,
  { body, block }: { readonly body: BlockBody; readonly block: AppliedBlock },
): readonly Statement[] {
  const { height, timeMs } = block.header;
  const entered = acceptedEntries(body, block.outputs).filter(({ entry }) => {
    const opened = openEntry(suite, entry);
    return opened.ok && opened.value.kind === 'manual-entry';
  });
  return [
    ...entered.map(({ entry }) => ({
      sql: 'INSERT INTO manual_entry (height, time_ms, entry) VALUES (?, ?, ?)',
      params: [height, timeMs, entry],
      changes: 1,
    })),
    {
      sql: 'DELETE FROM manual_entry WHERE number <= (SELECT max(number) FROM manual_entry) - ?',
      params: [limits.manualEntriesKeptMax],
    },
  ];
}

/**
 * The newest first, each with its signature checked again.
 * @throws TielineError `database-damaged` where one is not what its person signed.
 */
export async function readManualEntries(
  suite: Suite,
  database: Database,
  on: { readonly chainId: Uint8Array; readonly registry: Registry },
): Promise<readonly StoredManualEntry[]> {
  const rows = await database.read(
    'SELECT height, time_ms, entry FROM manual_entry ORDER BY number DESC LIMIT ?',
    [limits.manualEntriesShownMax],
  );
  return rows.map((row) => {
    const opened = openEntry(suite, blobAt(row, 'entry'));
    if (!opened.ok) throw damaged(`a manual entry: ${opened.detail}`);
    const signed = opened.value;
    const person = on.registry.person(signed.keyId);
    const entry = decodeManualEntry(signed.payload);
    const isSigned =
      person !== undefined &&
      verifyEntry(suite, signed, { publicKey: person.publicKey, chainId: on.chainId });
    if (!isSigned || !entry.ok) throw damaged('a manual entry is not what its person signed');
    const [height, blockTimeMs] = [integerAt(row, 'height'), integerAt(row, 'time_ms')];
    return { height, blockTimeMs, signed, person, entry: entry.value };
  });
}
