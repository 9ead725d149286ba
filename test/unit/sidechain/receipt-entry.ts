// SPDX-License-Identifier: Apache-2.0
// What the main log says to the first anchor of a chain, as an entry of that chain.

import { receiptOf, signRoot } from '../../../base/cose-receipt.ts';
import { inclusionProof, leafHash, rootOf } from '../../../base/merkle.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { signAnchor } from '../../../sidechain/chain/anchor.ts';
import type { BlockEntry } from '../../../sidechain/chain/block.ts';
import { signEntry } from '../../../sidechain/chain/entry.ts';
import { encodeReceiptMessage, mainLeafHash } from '../../../sidechain/chain/receipt-message.ts';
import {
  chainId as fixtureChain,
  gateway,
  mainGenesis,
  mainGenesisBytes,
  mainLogSigner,
} from '../chain/fixture.ts';

/** The answer to the anchor of a checkpoint; `by` signs the anchor and the entry. */
export function receiptEntry(
  note: string,
  by: { readonly signer: typeof gateway; readonly chainId: Uint8Array } = {
    signer: gateway,
    chainId: fixtureChain,
  },
): BlockEntry {
  const { signer, chainId } = by;
  const parts = { note, from: 0, consistency: [], receiptSize: 0 };
  const anchor = signAnchor(parts, chainId, signer);
  const leaves = [leafHash(suite, mainGenesisBytes), mainLeafHash(suite, anchor)];
  const { origin } = mainGenesis.mainLog;
  const log = { origin, size: 2, root: rootOf(suite, leaves) };
  const leaf = { index: 1, path: inclusionProof(suite, leaves, 1) };
  const receipt = receiptOf(log, leaf, signRoot(log, mainLogSigner));
  const message = { anchor, receipts: [receipt], from: 0, consistency: [] };
  const payload = encodeReceiptMessage(message);
  return { entry: signEntry({ kind: 'receipt', payload, chainId }, signer) };
}
