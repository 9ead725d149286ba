// SPDX-License-Identifier: Apache-2.0
// Applied blocks on disk: the header and the outputs, which every member computes for itself. The
// body is not among them: it stands in the log, once, and the block row says where.

import { limits } from '../../base/limits.ts';
import type { Database, Row, Statement } from '../../host/sqlite.ts';
import type { AppliedBlock, Output } from '../chain/ledger.ts';
import { blobAt, integerAt } from './columns.ts';

export type BlockRow = {
  readonly height: number;
  /** Index of the log entry that is the body; 0 for block 0, which is made of the genesis. */
  readonly logIndex: number;
  readonly headerBytes: Uint8Array;
};

export type OutputRow = Output & { readonly height: number; readonly position: number };

/** Fails as a whole where a block of this height is there already. */
export function blockStatements(block: AppliedBlock, logIndex: number): readonly Statement[] {
  const { height } = block.header;
  return [
    {
      sql: 'INSERT INTO block (height, log_index, header) VALUES (?, ?, ?)',
      params: [height, logIndex, block.headerBytes],
      changes: 1,
    },
    ...block.outputs.map(({ salt, bytes }, position) => ({
      sql: 'INSERT INTO output (height, position, salt, bytes) VALUES (?, ?, ?, ?)',
      params: [height, position, salt, bytes],
      changes: 1,
    })),
  ];
}

export async function lastBlock(database: Database): Promise<BlockRow | undefined> {
  const [row] = await database.read(
    'SELECT height, log_index, header FROM block ORDER BY height DESC LIMIT 1',
  );
  return row && blockRowOf(row);
}

/** At most `limits.storePageRows` rows from `from` to `to`, both included, in order. */
export async function readBlocks(
  database: Database,
  range: { readonly from: number; readonly to: number },
): Promise<readonly BlockRow[]> {
  const rows = await database.read(
    `SELECT height, log_index, header FROM block
     WHERE height BETWEEN ? AND ? ORDER BY height LIMIT ?`,
    [range.from, range.to, limits.storePageRows],
  );
  return rows.map(blockRowOf);
}

/**
 * Body bytes of a block; undefined where there is no such block, and for block 0, which has none.
 */
export async function readBody(
  database: Database,
  height: number,
): Promise<Uint8Array | undefined> {
  const [row] = await database.read(
    'SELECT log.data FROM block JOIN log ON log.idx = block.log_index WHERE block.height = ?',
    [height],
  );
  return row && blobAt(row, 'data');
}

/**
 * The block whose body is this entry of the log. No index leads there: a block is never higher than
 * its entry, and few entries are none.
 */
export async function blockOfEntry(
  database: Database,
  logIndex: number,
): Promise<BlockRow | undefined> {
  const [row] = await database.read(
    `SELECT height, log_index, header FROM block
     WHERE height <= ? AND log_index <= ? ORDER BY height DESC LIMIT 1`,
    [logIndex, logIndex],
  );
  const block = row && blockRowOf(row);
  return block?.logIndex === logIndex ? block : undefined;
}

/**
 * At most `limits.storePageRows` outputs that come after a place, up to and with block `to`, in
 * order. The position -1 is before the first output of a block.
 */
export async function readOutputs(
  database: Database,
  range: { readonly after: { readonly height: number; readonly position: number }; to: number },
): Promise<readonly OutputRow[]> {
  const rows = await database.read(
    `SELECT height, position, salt, bytes FROM output
     WHERE (height, position) > (?, ?) AND height <= ? ORDER BY height, position LIMIT ?`,
    [range.after.height, range.after.position, range.to, limits.storePageRows],
  );
  return rows.map((row) => ({
    height: integerAt(row, 'height'),
    position: integerAt(row, 'position'),
    salt: blobAt(row, 'salt'),
    bytes: blobAt(row, 'bytes'),
  }));
}

/** Block rows from `from` to `to`, both included, in order; read in pages. */
export async function* walkBlocks(
  database: Database,
  range: { readonly from: number; readonly to: number },
): AsyncGenerator<BlockRow, undefined> {
  for (let next = range.from; next <= range.to; ) {
    const rows = await readBlocks(database, { from: next, to: range.to });
    const last = rows.at(-1);
    if (last === undefined) return undefined;
    yield* rows;
    next = last.height + 1;
  }
  return undefined;
}

/** All outputs of blocks from `from` to `to`, both included, in order; read in pages. */
export async function* walkOutputs(
  database: Database,
  { from, to }: { readonly from: number; readonly to: number },
): AsyncGenerator<OutputRow, undefined> {
  let after = { height: from, position: -1 };
  for (;;) {
    const page = await readOutputs(database, { after, to });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < limits.storePageRows) return undefined;
    after = last;
  }
}

/** All outputs of one block, in order. */
export async function outputsOf(database: Database, height: number): Promise<readonly OutputRow[]> {
  const outputs: OutputRow[] = [];
  for (;;) {
    const position = outputs.length - 1;
    const page = await readOutputs(database, { after: { height, position }, to: height });
    outputs.push(...page);
    if (page.length < limits.storePageRows) return outputs;
  }
}

function blockRowOf(row: Row): BlockRow {
  return {
    height: integerAt(row, 'height'),
    logIndex: integerAt(row, 'log_index'),
    headerBytes: blobAt(row, 'header'),
  };
}
