// SPDX-License-Identifier: Apache-2.0
// Proof bundle: one reading, or one summary, and everything between it and a receipt of the main log. One
// canonical form, closed: nothing in it that no signature or hash binds. Verifying is verify-bundle.ts's.

import { accept, type Result, refuse } from '../../base/errors.ts';
import {
  bytes,
  bytesUpTo,
  type Content,
  choice,
  decodeWith,
  encodeWith,
  listOf,
  refined,
  uint,
} from '../../base/fields.ts';
import { limits } from '../../base/limits.ts';
import { record } from '../../base/records.ts';
import { handOverField } from './hand-over.ts';
import { membershipProofField } from './membership-proof.ts';

const pathField = listOf(bytes(32), limits.proofHashesMax);

const readingField = record({
  /** The reading batch, as signed. */
  entry: [1, bytesUpTo(limits.entryBytesMax)],
  entryIndex: [2, uint()],
  entryPath: [3, pathField],
  packIndex: [4, uint()],
  salt: [5, bytes(16)],
  pack: [6, bytesUpTo(limits.packBytesMax)],
  packPath: [7, pathField],
  /** Payload of the schema that the pack names by hash. */
  schema: [8, bytesUpTo(limits.entryBytesMax)],
});

const summaryField = record({
  outputIndex: [1, uint()],
  salt: [2, bytes(16)],
  output: [3, bytesUpTo(limits.outputBytesMax)],
  outputPath: [4, pathField],
});

const handOversField = refined(
  listOf(handOverField, limits.logKeyChangesMax),
  'at least one hand-over',
  (handOvers) => handOvers.length > 0,
);

const bundleField = record({
  format: [0, choice('tieline-proof/v1')],
  genesis: [1, bytesUpTo(limits.entryBytesMax)],
  header: [2, bytesUpTo(limits.headerBytesMax)],
  /** Inclusion of the header under the anchor's checkpoint. */
  headerPath: [3, pathField],
  anchor: [4, bytesUpTo(limits.messageBytesMax)],
  receipts: [5, listOf(bytesUpTo(limits.entryBytesMax), limits.mainLogKeysMax)],
  reading: [6, readingField, 'optional'],
  summary: [7, summaryField, 'optional'],
  /** How the members came to be those that they are at the anchor's checkpoint, where they were changed. */
  membership: [8, membershipProofField, 'optional'],
  /** How the main log's keys came from those of the genesis to those of the receipts, where they did. */
  handOvers: [9, handOversField, 'optional'],
});

export type Bundle = Content<typeof bundleField>;
export type ReadingProof = Content<typeof readingField>;
export type SummaryProof = Content<typeof summaryField>;

export function encodeBundle(bundle: Omit<Bundle, 'format'>): Uint8Array {
  return encodeWith(bundleField, { ...bundle, format: 'tieline-proof/v1' });
}

/** Bytes are attacker-controlled. */
export function decodeBundle(input: Uint8Array): Result<Bundle, 'bundle'> {
  const read = decodeWith(bundleField, input, {
    name: 'bundle',
    bytesMax: limits.bundleBytesMax,
  });
  if (!read.ok) return refuse('bundle', read.detail);
  const { reading, summary } = read.value;
  if ((reading === undefined) === (summary === undefined)) {
    return refuse('bundle', 'it must prove either a reading or a summary');
  }
  return accept(read.value);
}
