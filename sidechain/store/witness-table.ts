// SPDX-License-Identifier: Apache-2.0
// What this member has seen other members sign: the newest checkpoint of each, and, where one has
// signed two roots at one size, both signatures, which prove it to anybody.

import { limits } from '../../base/limits.ts';
import type { Database, Statement } from '../../host/sqlite.ts';
import { blobAt, integerAt } from './columns.ts';

/** A co-signature line that was checked: `signature` is its 8 bytes of time and 64 of Ed25519. */
export type Witnessed = {
  /** Key id of the signer. */
  readonly member: Uint8Array;
  readonly size: number;
  readonly root: Uint8Array;
  readonly signature: Uint8Array;
};

export async function readWitnessed(database: Database): Promise<readonly Witnessed[]> {
  const rows = await database.read('SELECT member, size, root, signature FROM witness');
  return rows.map((row) => ({
    member: blobAt(row, 'member'),
    size: integerAt(row, 'size'),
    root: blobAt(row, 'root'),
    signature: blobAt(row, 'signature'),
  }));
}

/** Keeps what is newer. */
export function witnessStatement({ member, size, root, signature }: Witnessed): Statement {
  return {
    sql: `INSERT INTO witness (member, size, root, signature) VALUES (?, ?, ?, ?)
      ON CONFLICT (member) DO UPDATE
      SET size = excluded.size, root = excluded.root, signature = excluded.signature
      WHERE excluded.size > size`,
    params: [member, size, root, signature],
  };
}

/** Key ids of the members that signed two histories; one for each piece of evidence. */
export async function readEvidence(database: Database): Promise<readonly Uint8Array[]> {
  const sql = 'SELECT member FROM evidence LIMIT ?';
  const rows = await database.read(sql, [limits.evidenceMax]);
  return rows.map((row) => blobAt(row, 'member'));
}

/** Both signatures are of one member and size; the first evidence of a size stays. */
export function evidenceStatement(one: Witnessed, other: Witnessed): Statement {
  return {
    sql: `INSERT INTO evidence
        (member, size, root_one, signature_one, root_other, signature_other)
      VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    params: [one.member, one.size, one.root, one.signature, other.root, other.signature],
  };
}
