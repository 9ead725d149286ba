// SPDX-License-Identifier: Apache-2.0
// The outputs that the ledger itself makes, besides those of contracts: what it refused, and its state root.

import { encode, map } from '../../base/cbor.ts';

/** An entry that stays in the log but outside the entry root. */
export function encodeRefused(refused: { id: Uint8Array; reason: string }): Uint8Array {
  return encode(
    map([
      [1, 'refused'],
      [2, refused.id],
      [3, refused.reason],
    ]),
  );
}

export function encodeStateRoot(root: Uint8Array, pairCount: number): Uint8Array {
  return encode(
    map([
      [1, 'state-root'],
      [2, root],
      [3, pairCount],
    ]),
  );
}
