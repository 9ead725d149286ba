// SPDX-License-Identifier: Apache-2.0
// What the chain says of a gateway that falls silent, and of one that is heard again: an output, in
// its one form.

import type { Result } from '../base/errors.ts';
import { type Content, choice, decodeWith, encodeWith } from '../base/fields.ts';
import { keyIdField } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { record } from '../base/records.ts';
import { unixMsField } from '../base/unix-time.ts';

const silenceField = record({
  kind: [1, choice('silent', 'heard')],
  gateway: [2, keyIdField],
  /** Time of the block that holds the last it said before. */
  sinceMs: [3, unixMsField],
  /** Time of the block that says so. */
  timeMs: [4, unixMsField],
});

export type Silence = Content<typeof silenceField>;

export function encodeSilence(silence: Silence): Uint8Array {
  return encodeWith(silenceField, silence);
}

/** Bytes are attacker-controlled where they come from outside. */
export function decodeSilence(output: Uint8Array): Result<Silence, 'cbor' | 'form'> {
  return decodeWith(silenceField, output, { name: 'silence', bytesMax: limits.outputBytesMax });
}
