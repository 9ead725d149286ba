// SPDX-License-Identifier: Apache-2.0
// Manual entry: what a person has read or seen, in that person's signed words. The time is what the
// person says and nobody has checked it: the time of the block that holds it stands beside it. Each person
// numbers them from 1 without gaps, so none counts twice and none can be taken away unnoticed.

import type { Result } from '../../base/errors.ts';
import {
  type Content,
  choice,
  decodeWith,
  encodeWith,
  int,
  listOf,
  nullable,
  refined,
  tuple,
  uint,
} from '../../base/fields.ts';
import { label, plainText } from '../../base/label.ts';
import { limits } from '../../base/limits.ts';
import { record } from '../../base/records.ts';
import type { Signer } from '../../base/suite.ts';
import { unixMsField } from '../../base/unix-time.ts';
import { signEntry } from './entry.ts';

/** Of customers, of a plant, of an inspection of what is in operation. */
export const manualKinds = ['customer', 'plant', 'inspection'] as const;

/** What was read (an OBIS code in its canonical form, or a label), mantissa, exponent, unit. */
const valueField = tuple(
  label(64),
  int(),
  int(-limits.valueExponentMax, limits.valueExponentMax),
  plainText(16),
);

const manualEntryField = refined(
  record({
    /** One more than in this person's last one. */
    sequence: [1, uint()],
    kind: [2, choice(...manualKinds)],
    /** A device, or what else it is about. */
    subject: [3, label(128)],
    /** Of the observation, by the person's word. */
    timeMs: [4, unixMsField],
    values: [5, listOf(valueField, limits.manualValuesMax)],
    text: [6, nullable(label(limits.manualTextMax))],
    /** Why it was entered by hand. */
    reason: [7, nullable(label(256))],
  }),
  'a number from 1, and a value or a text',
  ({ sequence, values, text }) => sequence > 0 && (values.length > 0 || text !== null),
);

export type ManualEntry = Content<typeof manualEntryField>;
export type ManualValue = ManualEntry['values'][number];

/** Of what a person has typed, before it is encoded. */
export function checkManualEntry(entry: ManualEntry): Result<ManualEntry, 'form'> {
  return manualEntryField.read(manualEntryField.write(entry), 'entry');
}

export function encodeManualEntry(entry: ManualEntry): Uint8Array {
  return encodeWith(manualEntryField, entry);
}

/** Payload bytes are attacker-controlled. */
export function decodeManualEntry(payload: Uint8Array): Result<ManualEntry, 'cbor' | 'form'> {
  const bytesMax = limits.manualEntryBytesMax;
  return decodeWith(manualEntryField, payload, { name: 'manual-entry', bytesMax });
}

/** Entry bytes, by a person with the right `enter` or `members`. */
export function signManualEntry(
  entry: ManualEntry,
  chainId: Uint8Array,
  signer: Signer,
): Uint8Array {
  return signEntry({ kind: 'manual-entry', payload: encodeManualEntry(entry), chainId }, signer);
}
