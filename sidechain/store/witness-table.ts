// SPDX-License-Identifier: Apache-2.0
// What this member has seen other members sign: the newest checkpoint of each, and, where one has
// signed two roots at one size, both signatures, which prove it to anybody.

import { limits } from '../../base/limits.ts';
import type { Database, Statement } from '../../host/sqlite.ts';
import type { Evidence } from '../chain/report.ts';
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

export async function readEvidence(database: Database): Promise<readonly Evidence[]> {
  const sql = `SELECT member, size, root_one, signature_one, root_other, signature_other
    FROM evidence LIMIT ?`;
  const rows = await database.read(sql, [limits.evidenceMax]);
  return rows.map((row) => ({
    member: blobAt(row, 'member'),
    size: integerAt(row, 'size'),
    rootOne: blobAt(row, 'root_one'),
    signatureOne: blobAt(row, 'signature_one'),
    rootOther: blobAt(row, 'root_other'),
    signatureOther: blobAt(row, 'signature_other'),
  }));
}

/** The first evidence of a size stays. */
export function evidenceStatement(evidence: Evidence): Statement {
  const { member, size, rootOne, signatureOne, rootOther, signatureOther } = evidence;
  return {
    sql: `INSERT INTO evidence
        (member, size, root_one, signature_one, root_other, signature_other)
      VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    params: [member, size, rootOne, signatureOne, rootOther, signatureOther],
  };
}
