// SPDX-License-Identifier: Apache-2.0
// What the centre holds: its main log, from the file after its end, and its history, from the API.

import { join } from 'node:path';
import { fromHex } from '../../../base/bytes.ts';
import { leafHash, rootOf } from '../../../base/merkle.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { ledgerMigrations } from '../../../dispatch/store/ledger-schema.ts';
import { type Database, openDatabase, type Row } from '../../../host/sqlite.ts';
import { mainLeafHash } from '../../../sidechain/chain/receipt-message.ts';
import { getJson, type Network } from './network.ts';

export type Summary = { readonly id: string } & Readonly<Record<string, unknown>>;

/** All summaries of the chain, all revisions, page by page. */
export async function centreSummaries(
  network: Pick<Network, 'centreApi' | 'chainId'>,
): Promise<readonly Summary[]> {
  const url = `${network.centreApi}/api/v1/chains/${network.chainId}/summaries`;
  const all: Summary[] = [];
  for (let cursor = ''; ; ) {
    const page = (await getJson(`${url}?revisions=all&limit=1000${cursor}`)) as {
      readonly summaries: readonly Summary[];
      readonly next: string | null;
    };
    all.push(...page.summaries);
    if (page.next === null) return all;
    cursor = `&cursor=${page.next}`;
  }
}

export type MainLogRecord = {
  /** Size and bytes of the chain's anchors, in the order of the log. */
  readonly anchors: readonly { readonly size: number; readonly bytes: Uint8Array }[];
  readonly evidenceCount: number;
  readonly quarantined: boolean;
  /** What is wrong with the log in itself. */
  readonly flaws: readonly string[];
};

export async function readMainLog(
  network: Pick<Network, 'centreDir' | 'chainId'>,
): Promise<MainLogRecord> {
  const path = join(network.centreDir, 'ledger.sqlite');
  const database = await openDatabase({ path, mode: 'read-only', migrations: ledgerMigrations });
  try {
    return await recordOf(database, network.chainId);
  } finally {
    await database.close();
  }
}

async function recordOf(database: Database, chainHex: string): Promise<MainLogRecord> {
  const chainId = fromHex(chainHex) ?? new Uint8Array();
  const [log] = await database.read('SELECT genesis, size, root FROM log');
  const leaves = await database.read('SELECT log_index, hash FROM leaf ORDER BY log_index');
  const rows = await database.read(
    'SELECT log_index, size, bytes FROM anchor WHERE chain_id = ? ORDER BY log_index',
    [chainId],
  );
  const [chain] = await database.read('SELECT quarantined FROM chain WHERE chain_id = ?', [
    chainId,
  ]);
  const [evidence] = await database.read('SELECT count(*) AS count FROM evidence');
  const hashes = [
    leafHash(suite, bytesIn(log, 'genesis')),
    ...rows.map((row) => mainLeafHash(suite, bytesIn(row, 'bytes'))),
  ];
  const flaws: string[] = [];
  if (log?.size !== hashes.length) flaws.push(`size ${log?.size}, anchors ${rows.length}`);
  if (!isSame(rootOf(suite, hashes), bytesIn(log, 'root'))) flaws.push('root');
  if (leaves.length !== hashes.length) flaws.push(`${leaves.length} leaves`);
  for (const [i, hash] of hashes.entries()) {
    if (!isSame(bytesIn(leaves[i], 'hash'), hash)) flaws.push(`leaf ${i}`);
  }
  return {
    anchors: rows.map((row) => ({ size: Number(row.size), bytes: bytesIn(row, 'bytes') })),
    evidenceCount: Number(evidence?.count),
    quarantined: chain?.quarantined !== 0,
    flaws,
  };
}

function bytesIn(row: Row | undefined, column: string): Uint8Array {
  const value = row?.[column];
  if (value instanceof Uint8Array) return value;
  throw new Error(`${column} is missing`);
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
