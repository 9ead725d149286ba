// SPDX-License-Identifier: Apache-2.0
// A summary message for who may see some devices of a chain: their outputs alone, each still proven.

import { assert } from '../../base/assert.ts';
import { leafHash } from '../../base/merkle.ts';
import { narrowMultiproof } from '../../base/multiproof-narrow.ts';
import { saltedLeaf } from '../../base/pack.ts';
import type { Suite } from '../../base/suite.ts';
import { decodeSummary } from '../../contracts/summary.ts';
import { decodeHeader } from '../../sidechain/chain/header.ts';
import {
  decodeSummaryMessage,
  encodeSummaryMessage,
} from '../../sidechain/chain/summary-message.ts';
import { type Caller, mayReadDevice } from './rights.ts';

/** `bytes` as they are where all may be seen; undefined where nothing may. */
export function narrowMessage(
  suite: Suite,
  bytes: Uint8Array,
  caller: Caller,
): Uint8Array | undefined {
  if (caller.devices === 'all') return bytes;
  const decoded = decodeSummaryMessage(bytes);
  assert(decoded.ok, 'only messages that were read are stored');
  const message = decoded.value;
  const header = decodeHeader(message.header);
  assert(header.ok, 'the header was checked before it was stored');
  const outputs = message.outputs.filter((output) => {
    const summary = decodeSummary(output.bytes);
    return summary.ok && mayReadDevice(caller, summary.value.device);
  });
  if (outputs.length === 0) return undefined;
  const leaves = message.outputs.map(({ index, salt, bytes: output }) => ({
    index,
    leafHash: leafHash(suite, saltedLeaf(salt, output)),
  }));
  const proof = { size: header.value.outputCount, leaves, hashes: message.hashes };
  const kept = new Set(outputs.map(({ index }) => index));
  return encodeSummaryMessage({
    ...message,
    outputs,
    hashes: narrowMultiproof(suite, proof, kept),
  });
}
