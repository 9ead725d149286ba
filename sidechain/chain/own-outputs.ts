// SPDX-License-Identifier: Apache-2.0
// The outputs that the ledger itself makes, besides those of contracts: what it refused, and its state root.

import { encode, map } from '../../base/cbor.ts';
import {
  bytes,
  type Content,
  choice,
  decodeWith,
  encodeWith,
  text,
  uint,
} from '../../base/fields.ts';
import { record } from '../../base/records.ts';

const refusedField = record({
  kind: [1, choice('refused')],
  id: [2, bytes(32)],
  reason: [3, text(32)],
  /** Place of the entry in the block body, counted from 0. */
  position: [4, uint()],
});

/** An entry that stays in the log but outside the entry root. */
export type Refused = Omit<Content<typeof refusedField>, 'kind'>;

export function encodeRefused(refused: Refused): Uint8Array {
  return encodeWith(refusedField, { kind: 'refused', ...refused });
}

/** undefined for an output of another kind. */
export function decodeRefused(output: Uint8Array): Refused | undefined {
  const read = decodeWith(refusedField, output, { name: 'refused' });
  return read.ok ? read.value : undefined;
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
