// SPDX-License-Identifier: Apache-2.0
// Brings the main ledger back from its store. It reads one hash for 256 leaves, the last leaves and
// one record for each chain; and goes on only where these make the root that was signed last.

import { equal } from '../../base/bytes.ts';
import { TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { leafHash } from '../../base/merkle.ts';
import type { Suite } from '../../base/suite.ts';
import { groupSize, HistoryTree } from '../../base/tree.ts';
import { openMainGenesis } from '../../sidechain/chain/main-genesis.ts';
import type { PackedChain } from '../ledger/chain-table.ts';
import { MainLedger } from '../ledger/main-ledger.ts';
import { tradeWindowOf } from '../ledger/open-market.ts';
import { LeafGroups } from './leaf-groups.ts';
import type { LedgerStore } from './ledger-store.ts';

/** @throws TielineError `ledger-damaged`: the file has lost or changed what it acknowledged. */
export async function loadLedger(
  suite: Suite,
  store: LedgerStore,
): Promise<{ readonly ledger: MainLedger; readonly groups: LeafGroups }> {
  const log = await store.log();
  if (log === undefined) {
    throw new TielineError('ledger-empty', 'the ledger has no genesis: making it was interrupted', {
      hint: 'delete ledger.sqlite and run `tieline dispatch init` again',
    });
  }
  const { genesis, head } = log;
  const groups = new LeafGroups((group) => store.leafHashes(group));
  const tree = new HistoryTree(suite, groups, await allGroupHashes(store));
  const tail = await store.leafHashes(Math.floor(tree.size / groupSize));
  for (const hash of tail) {
    groups.append(tree.size, hash);
    tree.append(hash);
  }
  if (tree.size !== head.size || !equal(tree.root(), head.root)) {
    throw damaged(`its ${tree.size} leaves do not make the root signed at size ${head.size}`);
  }
  const [first] = await store.leafHashes(0);
  if (first === undefined || !equal(first, leafHash(suite, genesis))) {
    throw damaged('leaf 0 is not its genesis');
  }
  const chains = await allChains(suite, store);
  const governance = await store.registry.governance(suite);
  const opened = openMainGenesis(suite, genesis);
  if (!opened.ok) throw damaged(`its genesis does not hold: ${opened.detail}`);
  const market = await store.trade.market(tradeWindowOf(opened.value));
  const keyPeriods = await store.handOvers.keyPeriods(opened.value.mainLog);
  const stored = { genesis, tree, chains, governance, market, keyPeriods };
  return { ledger: MainLedger.resume(suite, stored), groups };
}

async function allGroupHashes(store: LedgerStore): Promise<readonly Uint8Array[]> {
  const hashes: Uint8Array[] = [];
  for (;;) {
    const page = await store.groupHashes(hashes.length, limits.databaseRowsMax);
    hashes.push(...page);
    if (page.length < limits.databaseRowsMax) return hashes;
  }
}

async function allChains(suite: Suite, store: LedgerStore): Promise<readonly PackedChain[]> {
  const chains: PackedChain[] = [];
  const countMax = limits.chainsPageMax;
  for (;;) {
    const after = chains.at(-1)?.chainId ?? new Uint8Array();
    const page = await store.packedChains(suite, { after, countMax });
    for (const chain of page) chains.push(chain);
    if (page.length < countMax) return chains;
  }
}

function damaged(what: string): TielineError {
  return new TielineError('ledger-damaged', `the main log on disk is damaged: ${what}`, {
    retry: 'fatal',
    hint: 'restore the newest copy; never one older than the last receipt that was given',
  });
}
