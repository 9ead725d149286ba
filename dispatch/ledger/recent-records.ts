// SPDX-License-Identifier: Apache-2.0
// Leaves of the newest records by their hash: of those that may not be on the disk yet.

import { toHex } from '../../base/bytes.ts';
import { limits } from '../../base/limits.ts';
import type { Leaf } from './transaction.ts';

export class RecentRecords {
  /** The oldest first. */
  readonly #leaves = new Map<string, number>();

  at(hash: Uint8Array): number | undefined {
    return this.#leaves.get(toHex(hash));
  }

  keep({ hash, index }: Leaf): void {
    this.#leaves.set(toHex(hash), index);
    const [oldest] = this.#leaves.keys();
    if (this.#leaves.size > limits.recordsRecentMax && oldest !== undefined) {
      this.#leaves.delete(oldest);
    }
  }
}
