// SPDX-License-Identifier: Apache-2.0
// How the keys of the log changed hands, on disk: which keys count from which size on, and what the old ones
// signed when they handed over. Written with the act, once, and never changed.

import { assert } from '../../base/assert.ts';
import type { RootSignature } from '../../base/cose-receipt.ts';
import { bytes, decodeWith, encodeWith, listOf, tuple, uint } from '../../base/fields.ts';
import { limits } from '../../base/limits.ts';
import { record } from '../../base/records.ts';
import type { Database, Statement } from '../../host/sqlite.ts';
import { generationField, logKeysField, type MainLog } from '../../sidechain/chain/main-log.ts';
import type { MainRegistry } from '../../sidechain/chain/main-registry.ts';
import type { KeyPeriods } from '../../sidechain/chain/retired-key.ts';
import { bytesOf, integerOf } from './columns.ts';

const keysField = record({
  keys: [1, logKeysField],
  threshold: [2, uint(limits.mainLogKeysMax)],
  generation: [3, generationField],
});

const signaturesField = listOf(tuple(bytes(8), bytes(64)), limits.mainLogKeysMax);

/** `size`: of the log that ends with the act. Goes with the change of the registry. */
export function handOverStatement(
  { keys, threshold, generation }: MainRegistry,
  size: number,
): Statement {
  assert(generation !== undefined, 'a hand-over brings a generation');
  return {
    sql: 'INSERT INTO hand_over (generation, size, keys) VALUES (?, ?, ?)',
    params: [generation, size, encodeWith(keysField, { keys, threshold, generation })],
  };
}

/** What the old keys signed over the log that ends with the act; after the statement above. */
export function signedStatement(size: number, signatures: readonly RootSignature[]): Statement {
  const rows = signatures.map(({ keyId, signature }) => [keyId, signature] as const);
  return {
    sql: 'UPDATE hand_over SET signatures = ? WHERE size = ? AND signatures IS NULL',
    params: [encodeWith(signaturesField, rows), size],
    changes: 1,
  };
}

export class HandOverStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** From the keys of the genesis on. */
  async keyPeriods(founding: MainLog): Promise<KeyPeriods> {
    const rows = await this.#database.read('SELECT size, keys FROM hand_over ORDER BY generation');
    const { origin, id } = founding;
    const later = rows.map((row) => {
      const read = decodeWith(keysField, bytesOf(row, 'keys'), { name: 'keys' });
      assert(read.ok, 'keys are stored as they are encoded');
      return { mainLog: { origin, id, ...read.value }, fromSize: integerOf(row, 'size') };
    });
    return [{ mainLog: founding, fromSize: 0 }, ...later];
  }

  /** By the keys before this generation, over the log that ends with its act. */
  async signatures(generation: number): Promise<readonly RootSignature[]> {
    const sql = 'SELECT signatures FROM hand_over WHERE generation = ? AND signatures IS NOT NULL';
    const [row] = await this.#database.read(sql, [generation]);
    if (row === undefined) return [];
    const read = decodeWith(signaturesField, bytesOf(row, 'signatures'), { name: 'signatures' });
    assert(read.ok, 'signatures are stored as they are encoded');
    return read.value.map(([keyId, signature]) => ({ keyId, signature }));
  }
}
