// SPDX-License-Identifier: Apache-2.0
// Reading batch: what a gateway signs once a window. It states a gap-free sequence number and the root of the
// window's packs; the packs travel beside it, and each can be shown without the others.

import { clockField } from '../../base/clock-state.ts';
import type { Result } from '../../base/errors.ts';
import { bytes, type Content, decodeWith, encodeWith, uint } from '../../base/fields.ts';
import { keyIdField, sequenceField } from '../../base/ids.ts';
import { limits } from '../../base/limits.ts';
import { rootOf } from '../../base/merkle.ts';
import { saltedLeafHashes } from '../../base/pack.ts';
import { record } from '../../base/records.ts';
import type { Suite } from '../../base/suite.ts';
import { unixMsField } from '../../base/unix-time.ts';

const batchField = record({
  gateway: [1, keyIdField],
  sequence: [2, sequenceField],
  packCount: [3, uint(limits.batchPacksMax)],
  packRoot: [4, bytes(32)],
  /** When the window was signed, and by what clock: an empty batch has no pack that says so. */
  timeMs: [5, unixMsField],
  clock: [6, clockField],
});

export type Batch = Content<typeof batchField>;

export function encodeBatch(batch: Batch): Uint8Array {
  return encodeWith(batchField, batch);
}

/** Payload bytes are attacker-controlled. */
export function decodeBatch(payload: Uint8Array): Result<Batch, 'cbor' | 'form'> {
  return decodeWith(batchField, payload, { name: 'batch', bytesMax: limits.entryBytesMax });
}

/** RFC 9162 leaf hashes of the packs, each salted from the batch's secret. */
export function packLeaves(
  suite: Suite,
  secret: Uint8Array,
  packs: readonly Uint8Array[],
): readonly Uint8Array[] {
  return saltedLeafHashes(suite, secret, packs);
}

/** Root over the packs; that of the empty tree where there are none. */
export function packRoot(
  suite: Suite,
  secret: Uint8Array,
  packs: readonly Uint8Array[],
): Uint8Array {
  return rootOf(suite, packLeaves(suite, secret, packs));
}
