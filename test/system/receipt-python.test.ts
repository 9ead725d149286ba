// SPDX-License-Identifier: Apache-2.0
// Our COSE Receipts (RFC 9942), verified by Python with cbor2 and cryptography, which share no code
// with ours.

import { describe, expect, test } from 'vitest';
import { toHex, utf8 } from '../../base/bytes.ts';
import { receiptOf, signRoot } from '../../base/cose-receipt.ts';
import { signerFromSeed } from '../../base/keys.ts';
import { inclusionProof, leafHash, rootOf } from '../../base/merkle.ts';
import { nodeSuite as suite } from '../../base/node-suite.ts';
import { runPython } from './run-tool.ts';

const signer = signerFromSeed(new Uint8Array(32).fill(7));
const origin = 'dispatch.example/main';
const leafData = (index: number) => utf8(`anchor ${index}`);

function receiptFor({ index, size }: { index: number; size: number }) {
  const leaves = Array.from({ length: size }, (_, i) => leafHash(suite, leafData(i)));
  const root = rootOf(suite, leaves);
  const path = inclusionProof(suite, leaves, index);
  const log = { origin, size, root };
  return { root, bytes: receiptOf(log, { index, path }, signRoot(log, signer)) };
}

function verify(receipt: Uint8Array, leaf: Uint8Array) {
  const publicKey = toHex(signer.publicKey);
  const given = { receipt: toHex(receipt), publicKey, leafData: toHex(leaf) };
  return runPython('verify_receipt.py', JSON.stringify(given));
}

describe('RFC 9942 receipts, by Python', () => {
  test.each([
    { index: 0, size: 2 },
    { index: 5, size: 7 },
    { index: 6, size: 7 },
    { index: 255, size: 1000 },
  ])('leaf $index of $size', ({ index, size }) => {
    const { root, bytes } = receiptFor({ index, size });
    const run = verify(bytes, leafData(index));
    expect(run.stderr).toBe('');
    expect(JSON.parse(run.stdout)).toEqual({
      issuer: origin,
      subject: origin,
      keyId: toHex(signer.keyId),
      type: 'application/scitt-receipt+cose',
      signedSize: size,
      size,
      index,
      root: toHex(root),
    });
  });

  test('another leaf, and an altered signature, are refused', () => {
    const { bytes } = receiptFor({ index: 5, size: 7 });
    const altered = bytes.with(-1, (bytes.at(-1) as number) ^ 1);
    for (const run of [verify(bytes, leafData(4)), verify(altered, leafData(5))]) {
      expect(run.exitCode).toBe(1);
      expect(run.stderr).toContain('the signature does not hold');
    }
  });
});
