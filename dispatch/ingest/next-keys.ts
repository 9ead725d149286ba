// SPDX-License-Identifier: Apache-2.0
// Which change of the log's keys a chain has not followed: told by the size of the newest log that it knows,
// as its anchors say, and before its first by what its genesis pins.

import { assert } from '../../base/assert.ts';
import type { Suite } from '../../base/suite.ts';
import type { OpenAnchor } from '../../sidechain/chain/anchor.ts';
import { openGenesis } from '../../sidechain/chain/genesis.ts';
import { generationOf } from '../../sidechain/chain/main-log.ts';
import { encodeTrust } from '../../sidechain/chain/trust.ts';
import type { Ordering } from '../ordering/ordering.ts';
import type { LedgerStore } from '../store/ledger-store.ts';
import type { Trust } from './reply.ts';

export type KeysSource = {
  readonly suite: Suite;
  readonly ordering: Ordering;
  readonly ledger: LedgerStore;
};

/** undefined: it has followed all of them. What the anchor says need not be true: then this is in vain. */
export async function nextKeysFor(
  { suite, ordering, ledger }: KeysSource,
  { chainId, anchor }: OpenAnchor,
): Promise<Trust | undefined> {
  const later = ordering.keyPeriods.slice(1);
  if (later.length === 0) return undefined;
  const from = anchor.receiptSize;
  const followed = from > 0 ? 0 : await pinnedGeneration({ suite, ledger }, chainId);
  const next = later.find(
    ({ fromSize, mainLog }) => fromSize > from && generationOf(mainLog) > followed,
  );
  if (next === undefined) return undefined;
  const message = await ordering.handOver(generationOf(next.mainLog), { from });
  return { kind: 'trust', message: encodeTrust(message) };
}

async function pinnedGeneration(
  { suite, ledger }: Pick<KeysSource, 'suite' | 'ledger'>,
  chainId: Uint8Array,
): Promise<number> {
  const chain = await ledger.chain(suite, chainId);
  const opened = chain && openGenesis(suite, chain.genesis);
  assert(opened?.ok === true, 'the genesis of an enrolled chain is stored');
  return generationOf(opened.value.genesis.mainLog);
}
