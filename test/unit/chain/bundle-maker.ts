// SPDX-License-Identifier: Apache-2.0
// Proof bundles of the fixture's chain, as a gateway makes them: one of a reading, one of an output.

import { formatCheckpoint, signCheckpoint } from '../../../base/checkpoint.ts';
import { receiptOf as coseReceipt, signRoot } from '../../../base/cose-receipt.ts';
import { cosign } from '../../../base/cosignature.ts';
import { inclusionProof, leafHash, rootOf } from '../../../base/merkle.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { formatNote } from '../../../base/note.ts';
import type { Signer, Suite } from '../../../base/suite.ts';
import { signAnchor } from '../../../sidechain/chain/anchor.ts';
import {
  type Bundle,
  encodeBundle,
  type ReadingProof,
  type SummaryProof,
} from '../../../sidechain/chain/bundle.ts';
import { firstPeriod } from '../../../sidechain/chain/key-periods.ts';
import { chainOrigin, cosignerName } from '../../../sidechain/chain/names.ts';
import { proveOutput, proveReading } from '../../../sidechain/chain/prove.ts';
import { mainLeafHash } from '../../../sidechain/chain/receipt-message.ts';
import {
  formatTrustedKeys,
  parseTrustedKeys,
  type TrustedKey,
} from '../../../sidechain/chain/trusted-keys.ts';
import { diary } from './diary.ts';
import {
  batchEntry,
  bodyOf,
  chainId,
  gateway,
  genesisBytes,
  mainGenesis,
  mainGenesisBytes,
  mainLogSigner,
  packAt,
  schemaEntry,
  schemaPayload,
  startMs,
  stranger,
  TestChain,
} from './fixture.ts';

type Unmarked = Omit<Bundle, 'format'>;

/** Block 2 of 4: a refused batch, one of three packs, an empty one; and its outputs. */
function chainAndBlock() {
  const chain = new TestChain([diary]);
  chain.apply(bodyOf(startMs + 1_000, [schemaEntry()]));
  const packs = [10, 11, 12].map((energyWh) => packAt(startMs + 2_000, energyWh));
  const body = bodyOf(startMs + 2_000, [
    batchEntry(1, packs, { signer: stranger }),
    batchEntry(1, packs),
    batchEntry(2, []),
  ]);
  const block = chain.apply(body);
  chain.apply(bodyOf(startMs + 3_000, []));
  return { chain, body, block };
}

export function anchorOf(chain: TestChain): Uint8Array {
  const { tree } = chain.ledger;
  const origin = chainOrigin(chainId);
  const body = formatCheckpoint({ origin, size: tree.size, root: tree.root() });
  const lines = [
    signCheckpoint(suite, origin, body, gateway),
    cosign(suite, cosignerName(chainId, gateway.keyId), body, 1_767_225_605, gateway),
  ];
  return signAnchor(
    { note: formatNote(body, lines), from: 0, consistency: [], receiptSize: 0 },
    chainId,
    gateway,
  );
}

/** The anchor is leaf 1 of 2. */
export function receiptOf(
  anchor: Uint8Array,
  origin = mainGenesis.mainLog.origin,
  by: Signer = mainLogSigner,
): Uint8Array {
  const leaves = [leafHash(suite, mainGenesisBytes), mainLeafHash(suite, anchor)];
  const log = { origin, size: 2, root: rootOf(suite, leaves) };
  const leaf = { index: 1, path: inclusionProof(suite, leaves, 1) };
  return coseReceipt(log, leaf, signRoot(log, by));
}

function upward({ chain, block }: ReturnType<typeof chainAndBlock>): Unmarked {
  const anchor = anchorOf(chain);
  return {
    genesis: genesisBytes,
    header: block.headerBytes,
    headerPath: chain.ledger.tree.inclusion(block.header.height),
    anchor,
    receipts: [receiptOf(anchor)],
  };
}

/** Proves the second pack of the batch. */
export function readingParts(): Unmarked & { readonly reading: ReadingProof } {
  const made = chainAndBlock();
  const reading = proveReading(
    suite,
    { body: made.body, outputs: made.block.outputs },
    { entryIndex: 0, packIndex: 1, schema: schemaPayload },
  );
  return { ...upward(made), reading };
}

/** Proves the third output of four. */
export function summaryParts(): Unmarked & { readonly summary: SummaryProof } {
  const made = chainAndBlock();
  return { ...upward(made), summary: proveOutput(suite, made.block.outputs, 2) };
}

export function readingBundle(): Uint8Array {
  return encodeBundle(readingParts());
}

export function summaryBundle(): Uint8Array {
  return encodeBundle(summaryParts());
}

/** The keys file beside such a bundle. */
export function trustedKeys(): readonly TrustedKey[] {
  const members = [gateway];
  const periods = firstPeriod(mainGenesis.mainLog);
  const text = formatTrustedKeys(suite, { periods, chainId, members });
  const parsed = parseTrustedKeys(suite, text);
  if (!parsed.ok) throw new Error(parsed.detail);
  return parsed.value;
}

/** Does not ask again for a signature it has seen: of thousands of altered bundles most differ elsewhere. */
export function rememberingSuite(by: Suite): Suite {
  const known = new Map<string, boolean>();
  return {
    sha256: by.sha256,
    verify: (publicKey, message, signature) => {
      const question = Buffer.concat([publicKey, signature, message]).toString('latin1');
      const answer = known.get(question) ?? by.verify(publicKey, message, signature);
      known.set(question, answer);
      return answer;
    },
  };
}
