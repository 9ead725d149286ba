// SPDX-License-Identifier: Apache-2.0
// COSE Receipts (RFC 9942): the layout byte by byte, what verifies, and that nothing altered does.

import { describe, expect, test } from 'vitest';
import { InvariantError } from '../../../base/assert.ts';
import { utf8 } from '../../../base/bytes.ts';
import { type CborValue, decode, encode } from '../../../base/cbor.ts';
import { type Statement, sign1 } from '../../../base/cose.ts';
import { decodeReceipt, receiptOf, signRoot, verifyReceipt } from '../../../base/cose-receipt.ts';
import { signerFromSeed } from '../../../base/keys.ts';
import { inclusionProof, inclusionRoot, leafHash, rootOf } from '../../../base/merkle.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { everyFlip } from './flip.ts';

const signer = signerFromSeed(new Uint8Array(32).fill(7));
const leaves = Array.from({ length: 7 }, (_, i) => leafHash(suite, Uint8Array.of(i)));
const at = (index: number) => leaves[index] as Uint8Array;
const root = rootOf(suite, leaves);
const index = 5;
const path = inclusionProof(suite, leaves, index);
const origin = 'dispatch.example/main';
const claims = { issuer: origin, subject: origin };
const log = { origin, size: 7, root };
const signature = signRoot(log, signer);
const bytes = receiptOf(log, { index, path }, signature);

function opened(encoded: Uint8Array, leaf = at(index)) {
  const receipt = decodeReceipt(encoded);
  if (!receipt.ok) return receipt;
  return verifyReceipt(suite, receipt.value, { publicKey: signer.publicKey, leafHash: leaf });
}

/** A receipt as receiptOf makes it, but for what a test changes. */
function made(changes: Partial<Statement>, proofs: CborValue = [encode([7, index, path])]) {
  return sign1(
    {
      type: 'application/scitt-receipt+cose',
      claims,
      extraProtected: new Map([
        [395, 1],
        [-65537, 7],
      ]),
      unprotected: new Map([[396, new Map([[-1, proofs]])]]),
      payload: root,
      detached: true,
      ...changes,
    },
    signer,
  );
}

describe('RFC 9942: receipt of inclusion', () => {
  test('is tag 18 of protected header, proof under 396 and -1, no payload, signature', () => {
    expect(bytes[0]).toBe(0xd2);
    const array = decode(bytes.subarray(1));
    if (!array.ok || !Array.isArray(array.value)) throw new Error('no array');
    const [header, unprotected, payload, signature] = array.value;
    expect(decode(header)).toEqual({
      ok: true,
      value: new Map<number, CborValue>([
        [1, -19],
        [4, signer.keyId],
        [
          15,
          new Map([
            [1, origin],
            [2, origin],
          ]),
        ],
        [16, 'application/scitt-receipt+cose'],
        [395, 1],
        [-65537, 7],
      ]),
    });
    expect(unprotected).toEqual(new Map([[396, new Map([[-1, [encode([7, 5, path])]]])]]));
    expect(payload).toBeNull();
    const signed = encode(['Signature1', header, new Uint8Array(), root]);
    expect(suite.verify(signer.publicKey, signed, signature)).toBe(true);
  });

  test('verifies for its leaf and yields the root', () => {
    const receipt = decodeReceipt(bytes);
    expect(receipt).toMatchObject({
      ok: true,
      value: { origin, kid: signer.keyId, size: 7, index, path },
    });
    expect(opened(bytes)).toEqual({ ok: true, value: { root } });
    expect(made({})).toEqual(bytes);
  });

  test('one signature does for all leaves under the root, and for no other', () => {
    for (const other of leaves.keys()) {
      const leaf = { index: other, path: inclusionProof(suite, leaves, other) };
      const verified = opened(receiptOf(log, leaf, signature), at(other));
      expect(verified).toEqual({ ok: true, value: { root } });
    }
    const grown = [...leaves, leafHash(suite, Uint8Array.of(7))];
    const newer = { origin, size: 8, root: rootOf(suite, grown) };
    const leaf = { index, path: inclusionProof(suite, grown, index) };
    expect(opened(receiptOf(newer, leaf, signature)).ok).toBe(false);
  });

  test('does not verify for another leaf or under another key', () => {
    expect(opened(bytes, at(4))).toMatchObject({ ok: false, code: 'receipt' });
    const receipt = decodeReceipt(bytes);
    const other = signerFromSeed(new Uint8Array(32).fill(8)).publicKey;
    const by = { publicKey: other, leafHash: at(index) };
    expect(receipt.ok && verifyReceipt(suite, receipt.value, by).ok).toBe(false);
  });

  test('no flipped bit and no lost byte passes', () => {
    for (const flipped of everyFlip(bytes)) expect(opened(flipped).ok).toBe(false);
    for (let length = 0; length < bytes.length; length++) {
      expect(decodeReceipt(bytes.subarray(0, length)).ok).toBe(false);
    }
  });

  test('the size of the proof is the signed size', () => {
    // The same path leads from leaf 5 to the same root in a tree of 8: the signed root alone does
    // not bind it.
    const asOfEight = inclusionRoot(suite, { leafHash: at(index), index, size: 8, path });
    expect(asOfEight).toEqual(root);
    expect(opened(made({}, [encode([8, index, path])]))).toMatchObject({
      detail: 'the proof is not of the signed size',
    });
  });

  const labels = (...more: [number, CborValue][]) => new Map<number, CborValue>(more);
  const good = made({});
  const proof = encode([7, index, path]);
  const inclusion = new Map([[-1, [proof]]]);
  test.each<[string, Uint8Array, string]>([
    ['another type', made({ type: 'application/vnd.tieline.receipt+cbor' }), 'its type is not'],
    ['another structure', made({ extraProtected: labels([395, 3], [-65537, 7]) }), 'structure'],
    ['no structure', made({ extraProtected: labels([-65537, 7]) }), 'structure'],
    ['no signed size', made({ extraProtected: labels([395, 1]) }), 'header.size'],
    [
      'a stray protected label',
      made({ extraProtected: labels([395, 1], [-65537, 7], [394, []]) }),
      '394',
    ],
    ['a payload in the bytes', made({ detached: false }), 'the root is in the bytes'],
    ['no proof', made({ unprotected: new Map() }), 'unprotected.proofs'],
    ['an empty list of proofs', made({}, []), 'a list of 1'],
    ['two proofs', made({}, [proof, proof]), 'a list of 1'],
    [
      'a consistency proof beside it',
      made({ unprotected: labels([396, new Map([...inclusion, [-2, [proof]]])]) }),
      'no key -2',
    ],
    [
      'a stray unprotected label',
      made({ unprotected: labels([396, inclusion], [4, signer.keyId]) }),
      'no label 4',
    ],
    ['an index beyond the tree', made({}, [encode([7, 7, path])]), 'no leaf 7 of 7'],
    ['a negative index', made({}, [encode([7, -1, path])]), 'proof[1]'],
    ['a short hash', made({}, [encode([7, index, [root.slice(1)]])]), 'proof[2][0]'],
    ['65 hashes', made({}, [encode([7, index, Array(65).fill(root)])]), 'bytes'],
    ['a path too short', made({}, [encode([7, index, path.slice(1)])]), 'no leaf 5 of 7'],
    ['no path', made({}, [encode([7, index, []])]), 'the path is empty'],
    ['a proof that is no CBOR', made({}, [utf8('proof')]), ''],
    ['a byte more', Uint8Array.of(...good, 0), ''],
    ['an untagged array', good.subarray(1), 'tag 18'],
  ])('refuses %s', (_, encoded, detail) => {
    expect(opened(encoded)).toMatchObject({
      ok: false,
      code: 'receipt',
      detail: expect.stringContaining(detail),
    });
  });

  test('refuses one without issuer and subject', () => {
    const rest = { type: 'application/scitt-receipt+cose' };
    const extraProtected = new Map([[395, 1]]).set(-65537, 7);
    const unprotected = new Map([[396, new Map([[-1, [encode([7, index, path])]]])]]);
    const statement = { ...rest, extraProtected, unprotected, payload: root, detached: true };
    expect(opened(sign1(statement, signer))).toMatchObject({
      detail: 'it does not name its issuer and subject',
    });
  });

  test('refuses one whose subject is something else than the log', () => {
    const of = { issuer: origin, subject: 'tieline/v1/00' };
    expect(opened(made({ claims: of }))).toMatchObject({ detail: 'its subject is not its issuer' });
  });

  test('is never made for a log of one leaf', () => {
    const alone = { origin, size: 1, root };
    const leaf = { index: 0, path: [] };
    expect(() => receiptOf(alone, leaf, signRoot(alone, signer))).toThrow(InvariantError);
  });
});
