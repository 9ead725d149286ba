// SPDX-License-Identifier: Apache-2.0
// The proof that the keys of the log changed hands: the act, receipts of the old keys over the log that ends
// with it, and that this log extends an older one.

import { assert } from '../../base/assert.ts';
import { receiptOf } from '../../base/cose-receipt.ts';
import type { HistoryTree } from '../../base/tree.ts';
import { generationOf } from '../../sidechain/chain/main-log.ts';
import type { KeyPeriods } from '../../sidechain/chain/retired-key.ts';
import type { TrustMessage } from '../../sidechain/chain/trust.ts';
import type { LeafGroups } from '../store/leaf-groups.ts';
import type { LedgerStore } from '../store/ledger-store.ts';

/** `from`: at most the size of the log that ends with the act. */
export async function proveHandOver(
  log: { readonly store: LedgerStore; readonly tree: HistoryTree; readonly groups: LeafGroups },
  periods: KeyPeriods,
  { generation, from }: { readonly generation: number; readonly from: number },
): Promise<TrustMessage> {
  const { store, tree, groups } = log;
  const period = periods.find(({ mainLog }) => generationOf(mainLog) === generation);
  assert(period !== undefined && generation > 0, 'these keys came by a hand-over');
  const { mainLog, fromSize: size } = period;
  assert(from <= size, 'a hand-over is shown to who knows no longer log');
  const index = size - 1;
  const act = await store.registry.recordAt(index);
  const signatures = await store.handOvers.signatures(generation);
  assert(act !== undefined && signatures.length > 0, 'a hand-over is stored with its act');
  return groups.around([index, from - 1], tree.size, () => {
    const head = { origin: mainLog.origin, size, root: tree.root(size) };
    const leaf = { index, path: tree.inclusion(index, size) };
    const receipts = signatures.map((signature) => receiptOf(head, leaf, signature));
    const consistency = from === 0 ? [] : tree.consistency(from, size);
    return { handOver: { act: act.bytes, receipts }, from, consistency };
  });
}
