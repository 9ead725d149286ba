// SPDX-License-Identifier: Apache-2.0
// chain.db: all that a gateway keeps of its chain, in one file. It is made once, with the genesis
// and block 0, and never silently made again: a lost file means a new member under a new key.

import { join } from 'node:path';
import { assert } from '../../base/assert.ts';
import { equal, toHex } from '../../base/bytes.ts';
import { TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Suite } from '../../base/suite.ts';
import { HistoryTree } from '../../base/tree.ts';
import { type Database, openDatabase, type Statement } from '../../host/sqlite.ts';
import { type Contract, Ledger } from '../chain/ledger.ts';
import { blockStatements } from './block-table.ts';
import { blobAt, optional, textAt } from './columns.ts';
import { chainMigrations } from './migrations.ts';
import { StateTrail } from './state-table.ts';

export type ChainInfo = {
  readonly chainId: Uint8Array;
  readonly genesisBytes: Uint8Array;
  /** Key id of the gateway whose copy this is. */
  readonly gateway: Uint8Array;
  /** Why this copy must never run again. */
  readonly stopped: string | undefined;
};

/** Where a data directory keeps its chain. */
export function chainPath(dataDir: string): string {
  return join(dataDir, 'chain.db');
}

/** `existing` is for the one process that runs the chain, `read-only` for all others. */
export function openChainDatabase(
  dataDir: string,
  mode: 'existing' | 'read-only',
): Promise<Database> {
  const { chainCacheBytes: cacheBytes } = limits;
  return openDatabase({ path: chainPath(dataDir), mode, migrations: chainMigrations, cacheBytes });
}

/**
 * Makes chain.db with block 0. Where an earlier call was interrupted, finishes it.
 * @throws TielineError `database-exists` where there is a chain already.
 */
export async function createChain(options: {
  readonly dataDir: string;
  readonly genesisBytes: Uint8Array;
  readonly gateway: Uint8Array;
  readonly suite: Suite;
  readonly contracts: readonly Contract[];
}): Promise<void> {
  const database = await createOrFinish(options.dataDir);
  try {
    await database.write(foundingStatements(options));
  } finally {
    await database.close();
  }
}

async function createOrFinish(dataDir: string): Promise<Database> {
  try {
    const path = chainPath(dataDir);
    return await openDatabase({ path, mode: 'create', migrations: chainMigrations });
  } catch (error) {
    if (!(error instanceof TielineError) || error.code !== 'database-exists') throw error;
    const database = await openChainDatabase(dataDir, 'existing');
    if ((await findChain(database)) === undefined) return database;
    await database.close();
    throw error;
  }
}

/** What a new chain.db holds, for one transaction. */
export function foundingStatements(founding: {
  readonly genesisBytes: Uint8Array;
  readonly gateway: Uint8Array;
  readonly suite: Suite;
  readonly contracts: readonly Contract[];
}): readonly Statement[] {
  const { suite, genesisBytes, gateway, contracts } = founding;
  const tree = emptyTree(suite);
  const { ledger, block } = Ledger.begin(suite, genesisBytes, { contracts, tree });
  const state = new StateTrail({ height: -1, nowMs: 0 });
  state.add(block);
  return [
    {
      sql: 'INSERT INTO chain (id, chain_id, genesis, gateway) VALUES (1, ?, ?, ?)',
      params: [ledger.chainId, genesisBytes, gateway],
      changes: 1,
    },
    {
      sql: 'INSERT INTO hard_state (id, term, vote, commit_index) VALUES (1, 0, 0, 0)',
      changes: 1,
    },
    ...blockStatements(block, 0),
    ...state.take(0),
  ];
}

/** Of a chain's first headers: no group is complete, so no leaf is ever read again. */
function emptyTree(suite: Suite): HistoryTree {
  return new HistoryTree(suite, {
    leafHashAt: () => assert(false, 'block 0 completes no group') ?? new Uint8Array(),
  });
}

/** @throws TielineError `chain-unfinished` where the file was made and its chain was not. */
export async function readChain(database: Database): Promise<ChainInfo> {
  const chain = await findChain(database);
  if (chain !== undefined) return chain;
  throw new TielineError('chain-unfinished', 'the making of this chain was interrupted', {
    hint: 'run `tieline init` again with the same directory',
  });
}

async function findChain(database: Database): Promise<ChainInfo | undefined> {
  const [row] = await database.read('SELECT chain_id, genesis, gateway, stopped FROM chain');
  if (row === undefined) return undefined;
  return {
    chainId: blobAt(row, 'chain_id'),
    genesisBytes: blobAt(row, 'genesis'),
    gateway: blobAt(row, 'gateway'),
    stopped: optional(textAt, row, 'stopped'),
  };
}

/** This copy never runs again: what it has signed and what its disk holds do not agree. */
export function stopStatement(reason: string): Statement {
  return { sql: 'UPDATE chain SET stopped = ?', params: [reason], changes: 1 };
}

/** `chain-stopped`, fatal. */
export function stoppedForGood(reason: string): TielineError {
  return new TielineError('chain-stopped', `this gateway was stopped for good: ${reason}`, {
    retry: 'fatal',
    hint: 'keep this directory as evidence; join the chain as a new member, with a new key',
  });
}

/** @throws TielineError `chain-stopped` (fatal), `wrong-key`. */
export function assertMayRun(chain: ChainInfo, keyId: Uint8Array): void {
  if (chain.stopped !== undefined) throw stoppedForGood(chain.stopped);
  if (!equal(chain.gateway, keyId)) {
    const ids = `the chain is of gateway ${toHex(chain.gateway)}, the key of ${toHex(keyId)}`;
    throw new TielineError('wrong-key', ids, {
      hint: 'key and chain.db belong together: take both from one directory',
    });
  }
}
