// SPDX-License-Identifier: Apache-2.0
// Summaries on their way up: outputs of one block, one multiproof under its output root, and the header's
// inclusion under a checkpoint that the main chain has already taken.

import { equal } from '../../base/bytes.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import {
  bytes,
  bytesUpTo,
  type Content,
  decodeWith,
  encodeWith,
  listOf,
  mapped,
  tuple,
  uint,
} from '../../base/fields.ts';
import { limits } from '../../base/limits.ts';
import { leafHash, verifyInclusion } from '../../base/merkle.ts';
import { verifyMultiproof } from '../../base/multiproof.ts';
import { saltedLeaf } from '../../base/pack.ts';
import { record } from '../../base/records.ts';
import type { Suite } from '../../base/suite.ts';
import { decodeHeader, type Header } from './header.ts';

const outputField = mapped(tuple(uint(), bytes(16), bytesUpTo(limits.outputBytesMax)), {
  read: ([index, salt, output]) => accept({ index, salt, bytes: output }),
  write: ({ index, salt, bytes: output }) => [index, salt, output] as const,
});

const summaryMessageField = record({
  chainId: [1, bytes(32)],
  header: [2, bytesUpTo(limits.headerBytesMax)],
  /** Size of the anchored checkpoint under whose root the header is proved. */
  size: [3, uint()],
  headerPath: [4, listOf(bytes(32), limits.proofHashesMax)],
  outputs: [5, listOf(outputField, limits.messageOutputsMax)],
  /** Multiproof of all `outputs` under the header's output root. */
  hashes: [6, listOf(bytes(32), limits.multiproofHashesMax)],
});

export type SummaryMessage = Content<typeof summaryMessageField>;
export type SentOutput = Content<typeof outputField>;

export function encodeSummaryMessage(message: SummaryMessage): Uint8Array {
  return encodeWith(summaryMessageField, message);
}

/** Bytes are attacker-controlled. */
export function decodeSummaryMessage(input: Uint8Array): Result<SummaryMessage, 'cbor' | 'form'> {
  return decodeWith(summaryMessageField, input, {
    name: 'summary',
    bytesMax: limits.messageBytesMax,
  });
}

/** @param anchored root of the chain's checkpoint at `message.size`, as the main chain has accepted it. */
export function checkSummaryMessage(
  suite: Suite,
  message: SummaryMessage,
  anchored: { readonly chainId: Uint8Array; readonly root: Uint8Array },
): Result<{ readonly header: Header }, 'header' | 'proof'> {
  const header = decodeHeader(message.header);
  if (!header.ok) return refuse('header', header.detail);
  const { chainId, height, outputRoot, outputCount } = header.value;
  if (!equal(chainId, anchored.chainId) || !equal(message.chainId, anchored.chainId)) {
    return refuse('header', 'it is of another chain');
  }
  const anchoredHeader = verifyInclusion(suite, {
    leafHash: leafHash(suite, message.header),
    index: height,
    size: message.size,
    path: message.headerPath,
    root: anchored.root,
  });
  if (!anchoredHeader) return refuse('proof', 'the header is not under the anchored checkpoint');
  const leaves = message.outputs.map(({ index, salt, bytes: output }) => ({
    index,
    leafHash: leafHash(suite, saltedLeaf(salt, output)),
  }));
  const proved = verifyMultiproof(suite, {
    size: outputCount,
    leaves,
    hashes: message.hashes,
    root: outputRoot,
  });
  return proved ? accept({ header: header.value }) : refuse('proof', 'not outputs of that block');
}
