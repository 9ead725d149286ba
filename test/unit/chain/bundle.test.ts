// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from 'vitest';
import { formatCheckpoint, signCheckpoint } from '../../../base/checkpoint.ts';
import { signReceipt } from '../../../base/cose-receipt.ts';
import { cosign } from '../../../base/cosignature.ts';
import { inclusionProof, leafHash, rootOf } from '../../../base/merkle.ts';
import { nobleSuite } from '../../../base/noble-suite.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { formatNote } from '../../../base/note.ts';
import type { Suite } from '../../../base/suite.ts';
import { signAnchor } from '../../../sidechain/chain/anchor.ts';
import { encodeBundle } from '../../../sidechain/chain/bundle.ts';
import { chainOrigin, cosignerName } from '../../../sidechain/chain/names.ts';
import { proveReading } from '../../../sidechain/chain/prove.ts';
import { mainLeafHash } from '../../../sidechain/chain/receipt-message.ts';
import {
  formatTrustedKeys,
  parseTrustedKeys,
  type TrustedKey,
} from '../../../sidechain/chain/trusted-keys.ts';
import { verifyBundle } from '../../../sidechain/chain/verify-bundle.ts';
import { everyFlip, flip } from '../base/flip.ts';
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

const members = [gateway];

function anchorOf(chain: TestChain): Uint8Array {
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

function receiptOf(anchor: Uint8Array): Uint8Array {
  const leaves = [leafHash(suite, mainGenesisBytes), mainLeafHash(suite, anchor)];
  return signReceipt(
    {
      issuer: mainGenesis.mainLog.origin,
      subject: chainOrigin(chainId),
      size: 2,
      index: 1,
      path: inclusionProof(suite, leaves, 1),
      root: rootOf(suite, leaves),
    },
    mainLogSigner,
  );
}

function readingBundle(): Uint8Array {
  const chain = new TestChain();
  chain.apply(bodyOf(startMs + 1_000, [schemaEntry()]));
  const packs = [10, 11, 12].map((energyWh) => packAt(startMs + 2_000, energyWh));
  const body = bodyOf(startMs + 2_000, [
    batchEntry(1, packs, { signer: stranger }),
    batchEntry(1, packs),
    batchEntry(2, []),
  ]);
  const block = chain.apply(body);
  chain.apply(bodyOf(startMs + 3_000, []));
  const anchor = anchorOf(chain);
  return encodeBundle({
    genesis: genesisBytes,
    header: block.headerBytes,
    headerPath: chain.ledger.tree.inclusion(block.header.height),
    anchor,
    receipts: [receiptOf(anchor)],
    reading: proveReading(
      suite,
      { body, outputs: block.outputs },
      { entryIndex: 0, packIndex: 1, schema: schemaPayload },
    ),
  });
}

function trustedKeys(): readonly TrustedKey[] {
  const text = formatTrustedKeys(suite, { mainLog: mainGenesis.mainLog, chainId, members });
  const parsed = parseTrustedKeys(suite, text);
  if (!parsed.ok) throw new Error(parsed.detail);
  return parsed.value;
}

let bundle: Uint8Array;
let trusted: readonly TrustedKey[];
beforeAll(() => {
  bundle = readingBundle();
  trusted = trustedKeys();
});

describe.each<[string, Suite]>([
  ['node:crypto', suite],
  ['noble', nobleSuite],
])('a proof bundle, verified with %s', (_, by) => {
  test('holds from the reading to the receipt of the main log', () => {
    const verdict = verifyBundle(by, bundle, trusted);
    expect(verdict).toMatchObject({ status: 'valid', proved: { kind: 'reading' } });
    if (verdict.status !== 'valid' || verdict.proved.kind !== 'reading') throw new Error();
    expect(verdict.proved.pack.mantissas).toEqual([11, 23_012]);
    expect(verdict.hops.map(({ name }) => name)).toEqual([
      'reading',
      'signature',
      'block',
      'history',
      'checkpoint',
      'receipt',
    ]);
  });
});

test('without trusted keys it is consistent, its signer unknown', () => {
  expect(verifyBundle(suite, bundle, [])).toMatchObject({ status: 'unknown-signer' });
});

test.each([0, 1])('trusting all keys but the one of line %i is not enough', (left) => {
  const some = trusted.filter((_, i) => i !== left);
  expect(verifyBundle(suite, bundle, some)).toMatchObject({ status: 'unknown-signer' });
});

test('any flipped bit fails', () => {
  const passed = [...everyFlip(bundle)].flatMap((flipped, bit) => {
    const { status } = verifyBundle(suite, flipped, trusted);
    return status === 'invalid' || status === 'not-a-bundle' ? [] : [{ bit, status }];
  });
  expect(passed).toEqual([]);
});

test('bytes after the end, or a part cut off, are no bundle', () => {
  const longer = new Uint8Array(bundle.length + 1);
  longer.set(bundle);
  expect(verifyBundle(suite, longer, trusted).status).toBe('not-a-bundle');
  for (let length = 0; length < bundle.length; length += 7) {
    expect(verifyBundle(suite, bundle.slice(0, length), trusted).status).toBe('not-a-bundle');
  }
});

test('a keys file with a mistyped line is refused, not half read', () => {
  const text = formatTrustedKeys(suite, { mainLog: mainGenesis.mainLog, chainId, members });
  const bytes = new TextEncoder().encode(text);
  const at = text.indexOf('+') + 3;
  const mistyped = new TextDecoder().decode(flip(bytes, 8 * at));
  expect(parseTrustedKeys(suite, mistyped)).toMatchObject({ ok: false, code: 'keys' });
});
