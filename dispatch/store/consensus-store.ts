// SPDX-License-Identifier: Apache-2.0
// What a node of a consortium keeps beside the ledger: which block it has applied, written with what
// that block changed, and what the organisations have signed over the log. The one is never lost
// without the other; the signatures could be asked for again.

import { assert } from '../../base/assert.ts';
import { bytes, decodeWith, encodeWith, listOf, tuple } from '../../base/fields.ts';
import { limits } from '../../base/limits.ts';
import type { Database, Row, Statement } from '../../host/sqlite.ts';
import { bytesOf, integerOf } from './columns.ts';

/** The newest block that is on the disk; height 0 before the first. */
export type AppliedBlock = {
  readonly height: number;
  readonly appHash: Uint8Array;
  /** Chained over all changes of the ledger. */
  readonly stateHash: Uint8Array;
  readonly timeMs: number;
};

/** Signatures of one organisation: its key id, that of receipts, that of checkpoints. */
export type StoredVouch = {
  readonly keyId: Uint8Array;
  readonly signature: Uint8Array;
  readonly cosignature: Uint8Array;
};

export type VouchedRoot = {
  readonly size: number;
  readonly timeSeconds: number;
  readonly vouches: readonly StoredVouch[];
};

const vouchesField = listOf(tuple(bytes(8), bytes(64), bytes(64)), limits.mainLogKeysMax);

/** The first row, of a ledger that several organisations keep. */
export function firstBlock({ height, appHash, stateHash, timeMs }: AppliedBlock): Statement {
  return {
    sql: `INSERT INTO consensus (id, height, app_hash, state_hash, time_ms)
      VALUES (1, ?, ?, ?, ?)`,
    params: [height, appHash, stateHash, timeMs],
  };
}

/** Goes into the same transaction as what the block changed. */
export function nextBlock({ height, appHash, stateHash, timeMs }: AppliedBlock): Statement {
  return {
    sql: `UPDATE consensus SET height = ?, app_hash = ?, state_hash = ?, time_ms = ?
      WHERE height = ?`,
    params: [height, appHash, stateHash, timeMs, height - 1],
    changes: 1,
  };
}

export class ConsensusStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** undefined in a ledger that one organisation keeps alone. */
  async applied(): Promise<AppliedBlock | undefined> {
    const sql = 'SELECT height, app_hash, state_hash, time_ms FROM consensus';
    const [row] = await this.#database.read(sql);
    if (row === undefined) return undefined;
    return {
      height: integerOf(row, 'height'),
      appHash: bytesOf(row, 'app_hash'),
      stateHash: bytesOf(row, 'state_hash'),
      timeMs: integerOf(row, 'time_ms'),
    };
  }

  /** In the place of what was kept for this size; the oldest go when there are more than enough. */
  async keepVouched({ size, timeSeconds, vouches }: VouchedRoot): Promise<void> {
    const rows = vouches.map((one) => [one.keyId, one.signature, one.cosignature] as const);
    await this.#database.write([
      {
        sql: `INSERT INTO vouched (size, time_s, vouches) VALUES (?, ?, ?)
          ON CONFLICT (size) DO UPDATE SET time_s = excluded.time_s, vouches = excluded.vouches`,
        params: [size, timeSeconds, encodeWith(vouchesField, rows)],
      },
      {
        sql: `DELETE FROM vouched WHERE size <= (
          SELECT size FROM vouched ORDER BY size DESC LIMIT 1 OFFSET ?)`,
        params: [limits.vouchedRootsMax],
      },
    ]);
  }

  /** Those of the smallest log that has at least this size; undefined where none is so large. */
  async vouchedFrom(size: number): Promise<VouchedRoot | undefined> {
    const [row] = await this.#database.read(
      'SELECT size, time_s, vouches FROM vouched WHERE size >= ? ORDER BY size LIMIT 1',
      [size],
    );
    return row && vouchedOf(row);
  }

  /** Those of the largest log. */
  async newestVouched(): Promise<VouchedRoot | undefined> {
    const sql = 'SELECT size, time_s, vouches FROM vouched ORDER BY size DESC LIMIT 1';
    const [row] = await this.#database.read(sql);
    return row && vouchedOf(row);
  }
}

function vouchedOf(row: Row): VouchedRoot {
  const read = decodeWith(vouchesField, bytesOf(row, 'vouches'), { name: 'vouches' });
  assert(read.ok, 'signatures are stored as they are encoded');
  const vouches = read.value.map(([keyId, signature, cosignature]) => ({
    keyId,
    signature,
    cosignature,
  }));
  return { size: integerOf(row, 'size'), timeSeconds: integerOf(row, 'time_s'), vouches };
}
