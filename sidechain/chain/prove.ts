// SPDX-License-Identifier: Apache-2.0
// Makes the proofs of a bundle from a block as it is stored. The other half of verify-bundle.ts.

import { assert } from '../../base/assert.ts';
import { inclusionProof, leafHash } from '../../base/merkle.ts';
import { saltAt, saltedLeaf } from '../../base/pack.ts';
import type { Suite } from '../../base/suite.ts';
import { packLeaves } from './batch.ts';
import type { BlockBody, BlockEntry } from './block.ts';
import type { ReadingProof, SummaryProof } from './bundle.ts';
import { decodeRefused } from './own-outputs.ts';

type Output = { readonly salt: Uint8Array; readonly bytes: Uint8Array };

/** The entries of a block that stand under its entry root, in order. */
export function acceptedEntries(
  body: BlockBody,
  outputs: readonly Output[],
): readonly BlockEntry[] {
  const refused = new Set(outputs.map(({ bytes }) => decodeRefused(bytes)?.position));
  return body.entries.filter((_, position) => !refused.has(position));
}

/** @param place which accepted entry, and which of its packs, both counted from 0. */
export function proveReading(
  suite: Suite,
  block: { readonly body: BlockBody; readonly outputs: readonly Output[] },
  place: { readonly entryIndex: number; readonly packIndex: number; readonly schema: Uint8Array },
): ReadingProof {
  const accepted = acceptedEntries(block.body, block.outputs);
  const { entryIndex, packIndex, schema } = place;
  const { entry, packs } = accepted[entryIndex] ?? {};
  assert(entry !== undefined && packs !== undefined, 'the entry is a reading batch');
  const pack = packs.packs[packIndex];
  assert(pack !== undefined, 'the batch has this pack');
  const entryLeaves = accepted.map((one) => leafHash(suite, one.entry));
  return {
    entry,
    entryIndex,
    entryPath: inclusionProof(suite, entryLeaves, entryIndex),
    packIndex,
    salt: saltAt(suite, packs.secret, packIndex),
    pack,
    packPath: inclusionProof(suite, packLeaves(suite, packs.secret, packs.packs), packIndex),
    schema,
  };
}

/** RFC 9162 leaf hashes of a block's outputs. */
export function outputLeaves(suite: Suite, outputs: readonly Output[]): readonly Uint8Array[] {
  return outputs.map(({ salt, bytes }) => leafHash(suite, saltedLeaf(salt, bytes)));
}

export function proveOutput(
  suite: Suite,
  outputs: readonly Output[],
  outputIndex: number,
): SummaryProof {
  const output = outputs[outputIndex];
  assert(output !== undefined, 'the block has this output');
  return {
    outputIndex,
    salt: output.salt,
    output: output.bytes,
    outputPath: inclusionProof(suite, outputLeaves(suite, outputs), outputIndex),
  };
}
