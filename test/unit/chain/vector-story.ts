// SPDX-License-Identifier: Apache-2.0
// One short life of a chain with fixed keys, told in bytes: what test/vectors/v0 holds. Everything in it is
// deterministic (Ed25519 signs the same bytes alike), so it comes out the same until a format changes.

import { toHex } from '../../../base/bytes.ts';
import { formatCheckpoint, signCheckpoint } from '../../../base/checkpoint.ts';
import { cosign } from '../../../base/cosignature.ts';
import { toKeyId, toSequence } from '../../../base/ids.ts';
import { multiproof } from '../../../base/multiproof.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { formatNote } from '../../../base/note.ts';
import { encodeSummary } from '../../../contracts/summary.ts';
import { signAnchor } from '../../../sidechain/chain/anchor.ts';
import { type Answer, signAnswer } from '../../../sidechain/chain/answer.ts';
import { type BlockBody, type BlockEntry, encodeBlock } from '../../../sidechain/chain/block.ts';
import { encodeBundle } from '../../../sidechain/chain/bundle.ts';
import { signEnrolment } from '../../../sidechain/chain/enrolment.ts';
import { signEntry } from '../../../sidechain/chain/entry.ts';
import { encodeGap } from '../../../sidechain/chain/gap.ts';
import { firstPeriod } from '../../../sidechain/chain/key-periods.ts';
import type { AppliedBlock, Contract } from '../../../sidechain/chain/ledger.ts';
import { signMembership } from '../../../sidechain/chain/membership.ts';
import { chainOrigin, cosignerName } from '../../../sidechain/chain/names.ts';
import { outputLeaves, proveOutput, proveReading } from '../../../sidechain/chain/prove.ts';
import { encodeReceiptMessage } from '../../../sidechain/chain/receipt-message.ts';
import { encodeSummaryMessage } from '../../../sidechain/chain/summary-message.ts';
import { formatTrustedKeys } from '../../../sidechain/chain/trusted-keys.ts';
import {
  batchEntry,
  bodyOf,
  chainId,
  dispatcher,
  engineer,
  gateway,
  genesisBytes,
  mainGenesis,
  mainGenesisBytes,
  mainLogSigner,
  packAt,
  schemaEntry,
  schemaId,
  schemaPayload,
  startMs,
  stranger,
  TestChain,
} from './fixture.ts';
import { MainLogTwin } from './main-log-twin.ts';

/** What the summary contract would say of the window, once, in block 2. */
export const summaryOutput = encodeSummary({
  kind: 'summary',
  device: 'urn:dev:ops:test-meter-1',
  obis: '1-0:1.8.0*255',
  unit: 'Wh',
  exponent: 0,
  windowStartMs: startMs,
  windowMs: 10_000,
  revision: 0,
  count: 3,
  expectedCount: 10,
  missing: [[startMs + 4_500, startMs + 10_000]],
  first: 10,
  last: 12,
  min: 10,
  max: 12,
  mean: 11_000,
  meanExponent: -3,
  delta: 2,
  quality: 'estimated',
  reason: 'incomplete',
  screened: [0, 0, 0, 0],
  events: [],
  definition: 'test-meter',
});

const speaker: Contract = {
  name: 'speaker',
  version: '1',
  apply: (state, entry, { height }) => {
    if (entry.kind === 'batch') state.put('sequence', entry.sequence);
    const speaks = entry.kind === 'block-end' && height === 2;
    return { outputs: speaks ? [summaryOutput, Uint8Array.of(0xa0)] : [], effects: [] };
  },
};

export const packs = [10, 11, 12].map((energyWh, i) =>
  packAt(startMs + 2_000 + i, energyWh, i === 1 ? null : 23_012),
);
const batch = batchEntry(1, packs);
const gapPayload = encodeGap({
  gateway: toKeyId(gateway.keyId),
  sequence: toSequence(2),
  device: 'urn:dev:ops:test-meter-1',
  fromMs: startMs + 2_500,
  toMs: startMs + 2_900,
  reason: 'outbox-full',
  packCount: 4,
});
const gap = { entry: signEntry({ kind: 'gap', payload: gapPayload, chainId }, gateway) };

const chain = new TestChain([speaker]);
const mainLog = new MainLogTwin([mainLogSigner], mainGenesisBytes);

function apply(timeMs: number, entries: readonly BlockEntry[]): BlockBody {
  const body = bodyOf(timeMs, entries);
  chain.apply(body);
  return body;
}

function noteOf(size: number): string {
  const origin = chainOrigin(chainId);
  const body = formatCheckpoint({ origin, size, root: chain.ledger.tree.root(size) });
  const name = cosignerName(chainId, gateway.keyId);
  return formatNote(body, [
    signCheckpoint(suite, origin, body, gateway),
    cosign(suite, name, body, startMs / 1_000 + size, gateway),
  ]);
}

function anchorOf(size: number, last: { from: number; receiptSize: number }): Uint8Array {
  const { from, receiptSize } = last;
  const consistency = from === 0 ? [] : chain.ledger.tree.consistency(from, size);
  return signAnchor({ note: noteOf(size), from, consistency, receiptSize }, chainId, gateway);
}

apply(startMs + 1_000, [schemaEntry()]);
const body = apply(startMs + 2_000, [batchEntry(1, packs, { signer: stranger }), batch, gap]);
export const firstAnchor = anchorOf(3, { from: 0, receiptSize: 0 });
const firstIndex = mainLog.append(firstAnchor);
export const firstReceipt = encodeReceiptMessage(
  mainLog.message({ anchor: firstAnchor, index: firstIndex }),
);
apply(startMs + 3_000, [
  { entry: signEntry({ kind: 'receipt', payload: firstReceipt, chainId }, gateway) },
]);
apply(startMs + 63_000, []);
export const secondAnchor = anchorOf(5, { from: 3, receiptSize: 2 });
const secondIndex = mainLog.append(secondAnchor);
const second = mainLog.message({ anchor: secondAnchor, index: secondIndex }, { from: 2 });
export const secondReceipt = encodeReceiptMessage(second);

const membershipEntry = signMembership(
  {
    version: 1,
    change: {
      kind: 'grant',
      publicKey: stranger.publicKey,
      name: 'attic-1',
      role: 'follower',
      address: '192.0.2.7:7700',
      supersedes: null,
    },
  },
  chainId,
  engineer,
);
apply(startMs + 64_000, [{ entry: membershipEntry }]);

const block = blockAt(2);
export const upward = {
  genesis: genesisBytes,
  header: block.headerBytes,
  headerPath: chain.ledger.tree.inclusion(2, 5),
  anchor: secondAnchor,
  receipts: second.receipts,
};
const place = { entryIndex: 0, packIndex: 1, schema: schemaPayload };
const reading = proveReading(suite, { body, outputs: block.outputs }, place);
const outputIndex = block.outputs.findIndex(({ bytes }) => bytes === summaryOutput);
const output = block.outputs[outputIndex];

export const summaryMessage = encodeSummaryMessage({
  chainId,
  header: block.headerBytes,
  size: 5,
  headerPath: upward.headerPath,
  outputs: output === undefined ? [] : [{ index: outputIndex, ...output }],
  hashes: multiproof(suite, outputLeaves(suite, block.outputs), [outputIndex]),
});

const answers: readonly Answer[] = [
  { kind: 'receipt', message: secondReceipt },
  { kind: 'stale', message: secondReceipt },
  { kind: 'base', size: 3 },
  {
    kind: 'refused',
    what: 'summary',
    code: 'unanchored',
    detail: 'no checkpoint of size 6 is anchored',
    messageHash: suite.sha256(summaryMessage),
  },
  { kind: 'stored', height: 2, indexes: [outputIndex] },
];

function blockAt(height: number): AppliedBlock {
  const found = chain.blocks[height];
  if (found === undefined) throw new Error(`no block ${height}`);
  return found;
}

/** What each file of test/vectors/v0 says; byte strings in hex, texts as they are. */
export const story = {
  keys: {
    about: 'Seeds of the Ed25519 keys. No other key signs anything in these files.',
    gateway: named(gateway, 1),
    stranger: named(stranger, 2),
    mainLog: named(mainLogSigner, 3),
    dispatcher: named(dispatcher, 4),
    engineer: named(engineer, 5),
  },
  genesis: {
    about: 'Genesis of the main log, of the sidechain, and the enrolment of one on the other.',
    mainGenesis: toHex(mainGenesisBytes),
    mainLogId: toHex(mainGenesis.mainLog.id),
    genesis: toHex(genesisBytes),
    chainId: toHex(chainId),
    enrolment: toHex(
      signEnrolment(
        { chainId, name: 'Rosenweg', timeMs: startMs },
        mainGenesis.mainLog.id,
        dispatcher,
      ),
    ),
  },
  entries: {
    about: 'Statements of the gateway and of an engineer: payloads, and what goes on the chain.',
    schemaPayload: toHex(schemaPayload),
    schemaId: toHex(schemaId),
    schemaEntry: toHex(schemaEntry().entry),
    packs: packs.map(toHex),
    batchSecret: toHex(batch.packs?.secret ?? new Uint8Array()),
    batchEntry: toHex(batch.entry),
    gapPayload: toHex(gapPayload),
    gapEntry: toHex(gap.entry),
    membershipEntry: toHex(membershipEntry),
  },
  blocks: {
    about: 'Blocks 0 to 5: body as ordered (block 0 has none), and what every member makes of it.',
    blocks: chain.blocks.map((applied, height) => ({
      height,
      body: optionalHex(chain.bodies[height] && encodeBlock(chain.bodies[height])),
      header: toHex(applied.headerBytes),
      headerHash: toHex(suite.sha256(applied.headerBytes)),
      accepted: applied.accepted.map(toHex),
      refused: applied.refused.map(({ id, ...rest }) => ({ id: toHex(id), ...rest })),
      outputs: applied.outputs.map(({ salt, bytes }) => [toHex(salt), toHex(bytes)]),
      writes: applied.writes.map(([key, value]) => [key, optionalHex(value)]),
      root: toHex(chain.ledger.tree.root(height + 1)),
    })),
  },
  uplink: {
    about: 'What goes up to the main log and comes down from it.',
    note: noteOf(3),
    anchors: [firstAnchor, secondAnchor].map(toHex),
    receiptMessages: [firstReceipt, secondReceipt].map(toHex),
    summaryMessage: toHex(summaryMessage),
    answers: answers.map((answer) => ({
      kind: answer.kind,
      bytes: toHex(signAnswer(answer, chainId, mainLogSigner)),
    })),
  },
  bundles: {
    about: 'Proofs of pack 2 of the batch, and of the summary; and the keys file beside them.',
    keys: formatTrustedKeys(suite, {
      periods: firstPeriod(mainGenesis.mainLog),
      chainId,
      members: [gateway],
    }),
    reading: toHex(encodeBundle({ ...upward, reading })),
    summary: toHex(
      encodeBundle({ ...upward, summary: proveOutput(suite, block.outputs, outputIndex) }),
    ),
  },
};

function named({ publicKey, keyId }: typeof gateway, fill: number) {
  return {
    seed: toHex(new Uint8Array(32).fill(fill)),
    publicKey: toHex(publicKey),
    keyId: toHex(keyId),
  };
}

function optionalHex(bytes: Uint8Array | null | undefined): string | null {
  return bytes === null || bytes === undefined ? null : toHex(bytes);
}
