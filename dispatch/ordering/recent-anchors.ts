// SPDX-License-Identifier: Apache-2.0
// The anchors that were written last: their receipts are asked for at once, and the disk need not be.

import { limits } from '../../base/limits.ts';
import type { Change } from '../ledger/transaction.ts';
import type { StoredAnchor } from '../store/ledger-store.ts';

export class RecentAnchors {
  /** By leaf, the oldest first. */
  readonly #anchors = new Map<number, StoredAnchor>();

  /** Of a batch that is written, and brought the log to this size. */
  keep(changes: readonly Change[], receiptSize: number): void {
    for (const change of changes) {
      if (change.kind !== 'anchored') continue;
      const { chainId, bytes, timeMs: acceptedMs, leaf } = change;
      const logIndex = leaf.index;
      this.#anchors.set(logIndex, { logIndex, chainId, bytes, receiptSize, acceptedMs });
    }
    for (const oldest of this.#anchors.keys()) {
      if (this.#anchors.size <= limits.orderingBatchMax) break;
      this.#anchors.delete(oldest);
    }
  }

  at(logIndex: number): StoredAnchor | undefined {
    return this.#anchors.get(logIndex);
  }
}
