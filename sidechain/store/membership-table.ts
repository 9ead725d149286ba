// SPDX-License-Identifier: Apache-2.0
// The changes of the members, each with its place in its block: kept when the block goes, for they
// show to whoever does not hold the chain how its members came to be.

import { concat } from '../../base/bytes.ts';
import { inclusionProof, leafHash } from '../../base/merkle.ts';
import type { Suite } from '../../base/suite.ts';
import type { Database, Statement } from '../../host/sqlite.ts';
import type { BlockBody } from '../chain/block.ts';
import { openEntry } from '../chain/entry.ts';
import { decodeHeader } from '../chain/header.ts';
import type { AppliedBlock } from '../chain/ledger.ts';
import { decodeMembership } from '../chain/membership.ts';
import type { ProvenChange } from '../chain/membership-proof.ts';
import { acceptedEntries } from '../chain/prove.ts';
import { blobAt, integerAt } from './columns.ts';
import type { History } from './history.ts';

/** A change, and all that proves it but the way from its header to a checkpoint. */
export type StoredChange = {
  readonly version: number;
  readonly height: number;
  readonly entry: Uint8Array;
  readonly entryIndex: number;
  readonly entryPath: readonly Uint8Array[];
  readonly headerBytes: Uint8Array;
};

const hashBytes = 32;

/** What a block that changed the members leaves to be kept; asked of such blocks alone. */
export function membershipStatements(
  suite: Suite,
  { body, block }: { readonly body: BlockBody; readonly block: AppliedBlock },
): readonly Statement[] {
  const accepted = acceptedEntries(body, block.outputs);
  const leaves = accepted.map(({ entry }) => leafHash(suite, entry));
  return accepted.flatMap(({ entry }, i): readonly Statement[] => {
    const opened = openEntry(suite, entry);
    if (!opened.ok || opened.value.kind !== 'membership') return [];
    const change = decodeMembership(opened.value.payload);
    if (!change.ok) return [];
    const path = concat(...inclusionProof(suite, leaves, i));
    const { header, headerBytes } = block;
    const { version } = change.value;
    return [
      {
        sql: `INSERT INTO membership (version, height, entry, entry_index, entry_path, header)
          VALUES (?, ?, ?, ?, ?, ?)`,
        params: [version, header.height, entry, i, path, headerBytes],
        changes: 1,
      },
    ];
  });
}

/**
 * Of changes that are proven, from the first on, those up to a block: what is here already is alike, and
 * what comes later is stored with its block.
 */
export function provenChangeStatements(
  changes: readonly ProvenChange[],
  height: number,
): readonly Statement[] {
  return changes.flatMap(({ entry, entryIndex, entryPath, header: headerBytes }, i) => {
    const header = decodeHeader(headerBytes);
    if (!header.ok || header.value.height > height) return [];
    return {
      sql: `INSERT INTO membership (version, height, entry, entry_index, entry_path, header)
        VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (version) DO NOTHING`,
      params: [i + 1, header.value.height, entry, entryIndex, concat(...entryPath), headerBytes],
    };
  });
}

/** All changes, in their order. */
export async function readChanges(database: Database): Promise<readonly StoredChange[]> {
  const rows = await database.read(
    'SELECT version, height, entry, entry_index, entry_path, header FROM membership ORDER BY version',
  );
  return rows.map((row) => {
    const path = blobAt(row, 'entry_path');
    return {
      version: integerAt(row, 'version'),
      height: integerAt(row, 'height'),
      entry: blobAt(row, 'entry'),
      entryIndex: integerAt(row, 'entry_index'),
      entryPath: Array.from({ length: path.length / hashBytes }, (_, i) =>
        path.slice(i * hashBytes, (i + 1) * hashBytes),
      ),
      headerBytes: blobAt(row, 'header'),
    };
  });
}

/** With the way from each header to the checkpoint of `size` blocks, which holds them all. */
export function provenChanges(
  changes: readonly StoredChange[],
  under: { readonly history: Pick<History, 'ask'>; readonly size: number },
): Promise<readonly ProvenChange[]> {
  const { history, size } = under;
  const leaves = changes.map(({ height }) => height);
  return history.ask({ sizes: [size], leaves }, (tree) =>
    changes.map(({ height, entry, entryIndex, entryPath, headerBytes }) => {
      const headerPath = tree.inclusion(height, size);
      return { entry, entryIndex, entryPath, header: headerBytes, headerPath };
    }),
  );
}
