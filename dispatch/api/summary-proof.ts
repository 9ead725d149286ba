// SPDX-License-Identifier: Apache-2.0
// The proof bundle of one summary, from what was kept: the message that brought it, the anchor it
// was proven under, and the receipt of that anchor, which comes out the same each time.

import { assert } from '../../base/assert.ts';
import { decodeReceipt } from '../../base/cose-receipt.ts';
import { leafHash } from '../../base/merkle.ts';
import { pathFromMultiproof } from '../../base/multiproof-path.ts';
import { saltedLeaf } from '../../base/pack.ts';
import type { Suite } from '../../base/suite.ts';
import { type Bundle, encodeBundle, type SummaryProof } from '../../sidechain/chain/bundle.ts';
import { openGenesis } from '../../sidechain/chain/genesis.ts';
import type { HandOver } from '../../sidechain/chain/hand-over.ts';
import { decodeHeader } from '../../sidechain/chain/header.ts';
import { generationOf } from '../../sidechain/chain/main-log.ts';
import { openMembershipMessage } from '../../sidechain/chain/membership-message.ts';
import type { SummaryMessage } from '../../sidechain/chain/summary-message.ts';
import type { Ordering } from '../ordering/ordering.ts';
import type { LedgerStore, StoredChain } from '../store/ledger-store.ts';
import type { SummaryKey, SummaryStore } from '../store/summary-store.ts';

export type ProofSources = {
  readonly suite: Suite;
  readonly ordering: Ordering;
  readonly ledger: LedgerStore;
  readonly summaries: SummaryStore;
};

/** undefined where there is no such summary. */
export async function proveSummary(
  { suite, ordering, ledger, summaries }: ProofSources,
  chain: StoredChain,
  key: SummaryKey,
): Promise<Uint8Array | undefined> {
  const message = await summaries.messageOf(key);
  if (message === undefined) return undefined;
  const anchor = await ledger.anchorOfSize(key.chainId, message.size);
  assert(anchor !== undefined, 'summaries are kept under an anchor that was taken');
  const { receipts } = await ordering.receipt(anchor.logIndex, { from: 0 });
  return encodeBundle({
    genesis: chain.genesis,
    header: message.header,
    headerPath: message.headerPath,
    anchor: anchor.bytes,
    receipts,
    summary: outputProof(suite, message, key.outputIndex),
    ...(await handOversFor({ suite, ordering }, chain.genesis, receipts)),
    ...(await membershipProof(ledger, key.chainId)),
  });
}

/** From the keys that the chain was founded with to those that signed the receipts. */
async function handOversFor(
  { suite, ordering }: Pick<ProofSources, 'suite' | 'ordering'>,
  genesis: Uint8Array,
  receipts: readonly Uint8Array[],
): Promise<Pick<Bundle, 'handOvers'>> {
  const opened = openGenesis(suite, genesis);
  const receipt = decodeReceipt(receipts[0] ?? new Uint8Array());
  assert(
    opened.ok && receipt.ok,
    'a genesis was checked at its enrolment, a receipt made just now',
  );
  const pinned = generationOf(opened.value.genesis.mainLog);
  const handOvers: HandOver[] = [];
  for (const { mainLog, fromSize } of ordering.keyPeriods) {
    const generation = generationOf(mainLog);
    if (generation <= pinned || fromSize > receipt.value.size) continue;
    handOvers.push((await ordering.handOver(generation, { from: 0 })).handOver);
  }
  return handOvers.length === 0 ? {} : { handOvers };
}

/** How the members came to be those that signed, where they were changed since the genesis. */
async function membershipProof(ledger: LedgerStore, chainId: Uint8Array) {
  const bytes = await ledger.membershipMessage(chainId);
  if (bytes === undefined) return {};
  const opened = openMembershipMessage(bytes);
  assert(opened.ok, 'a message was checked before it was kept');
  return { membership: opened.value.message };
}

function outputProof(suite: Suite, message: SummaryMessage, outputIndex: number): SummaryProof {
  const header = decodeHeader(message.header);
  const output = message.outputs.find(({ index }) => index === outputIndex);
  assert(header.ok && output !== undefined, 'a message was checked before it was kept');
  const leaves = message.outputs.map(({ index, salt, bytes }) => ({
    index,
    leafHash: leafHash(suite, saltedLeaf(salt, bytes)),
  }));
  const size = header.value.outputCount;
  const proof = { size, leaves, hashes: message.hashes };
  return {
    outputIndex,
    salt: output.salt,
    output: output.bytes,
    outputPath: pathFromMultiproof(suite, proof, outputIndex),
  };
}
