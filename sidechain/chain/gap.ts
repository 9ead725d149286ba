// SPDX-License-Identifier: Apache-2.0
// Gap: a gateway's signed word that readings of a device were taken and not kept, or not taken at all. It
// takes the next sequence number, so that the hole itself cannot be removed.

import type { Result } from '../../base/errors.ts';
import { type Content, decodeWith, encodeWith, refined, uint } from '../../base/fields.ts';
import { keyIdField, sequenceField } from '../../base/ids.ts';
import { label } from '../../base/label.ts';
import { limits } from '../../base/limits.ts';
import { record } from '../../base/records.ts';
import { unixMsField } from '../../base/unix-time.ts';

const wireField = record({
  gateway: [1, keyIdField],
  sequence: [2, sequenceField],
  device: [3, label(128)],
  fromMs: [4, unixMsField],
  toMs: [5, unixMsField],
  reason: [6, label(256)],
  packCount: [7, uint()],
});

const gapField = refined(
  wireField,
  'a gap that does not end before it begins',
  ({ fromMs, toMs }) => fromMs <= toMs,
);

export type Gap = Content<typeof gapField>;

export function encodeGap(gap: Gap): Uint8Array {
  return encodeWith(gapField, gap);
}

/** Payload bytes are attacker-controlled. */
export function decodeGap(payload: Uint8Array): Result<Gap, 'cbor' | 'form'> {
  return decodeWith(gapField, payload, { name: 'gap', bytesMax: limits.entryBytesMax });
}
