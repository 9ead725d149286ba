// SPDX-License-Identifier: Apache-2.0
// What the disk says about a transaction, for the ledger, which cannot ask. It is read before a
// batch or block is applied, so it is the same on every node that has applied the same before.

import type { Suite } from '../../base/suite.ts';
import { openRecord } from '../../sidechain/chain/main-record.ts';
import { mainLeafHash } from '../../sidechain/chain/receipt-message.ts';
import type { NamedAsset } from '../ledger/apply-context.ts';
import { namedAssetOf } from '../ledger/judge-trade.ts';
import type { MainLedger } from '../ledger/main-ledger.ts';
import type { Transaction } from '../ledger/transaction.ts';
import type { LedgerStore } from '../store/ledger-store.ts';

export type Facts = {
  readonly acceptedRoot: Uint8Array | undefined;
  readonly reportCount: number;
  readonly recordIndex: number | undefined;
  readonly named?: NamedAsset | undefined;
};

const none: Facts = { acceptedRoot: undefined, reportCount: 0, recordIndex: undefined };

export async function factsOf(
  {
    suite,
    ledger,
    store,
  }: {
    readonly suite: Suite;
    readonly ledger: MainLedger;
    readonly store: LedgerStore;
  },
  transaction: Transaction,
): Promise<Facts> {
  switch (transaction.kind) {
    case 'anchor': {
      const { chainId, checkpoint } = transaction.anchor;
      // The newest is in the ledger.
      const newest = ledger.chain(chainId)?.anchored?.size ?? 0;
      if (checkpoint.size >= newest) return none;
      return { ...none, acceptedRoot: await store.acceptedRoot(chainId, checkpoint.size) };
    }
    case 'report': {
      const { chainId, report } = transaction;
      return { ...none, reportCount: await store.reportCount(chainId, report.keyId) };
    }
    case 'record': {
      const { record } = transaction;
      const recordIndex = await store.registry.indexOf(mainLeafHash(suite, record));
      const opened = openRecord(record);
      const id = opened.ok ? namedAssetOf(opened.value) : undefined;
      const named = id === undefined ? undefined : await store.trade.named(id);
      return { ...none, recordIndex, named };
    }
    default:
      return none;
  }
}
