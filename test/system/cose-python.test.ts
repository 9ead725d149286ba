// SPDX-License-Identifier: Apache-2.0
// Our CBOR and our COSE_Sign1 with −19, read, verified and made by Python with cbor2 and
// cryptography, which share no code with ours. There is no published vector of −19.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex, utf8 } from '../../base/bytes.ts';
import { encode } from '../../base/cbor.ts';
import { decodeSign1, type Statement, sign1, verifySign1 } from '../../base/cose.ts';
import { signerFromSeed } from '../../base/keys.ts';
import { nodeSuite } from '../../base/node-suite.ts';
import { cborValueWithKeys } from '../unit/base/cbor-values.ts';
import { runPython } from './run-tool.ts';

const seed = new Uint8Array(32).fill(11);
const signer = signerFromSeed(seed);
const externalAad = utf8('tieline/v1');
const statement: Statement = {
  type: 'application/vnd.tieline.reading-batch+cbor',
  payload: encode([1, 'two', null]),
  externalAad,
};
const hexOf = {
  publicKey: toHex(signer.publicKey),
  externalAad: toHex(externalAad),
  payload: toHex(statement.payload),
};

const ask = (request: object) => runPython('cose_sign1.py', JSON.stringify(request));
const verify = (encoded: Uint8Array, changes: Partial<typeof hexOf> = {}) =>
  ask({ action: 'verify', ...hexOf, sign1: toHex(encoded), ...changes });

describe('RFC 9052 with algorithm −19 (RFC 9864), by Python', () => {
  test.each([
    ['a statement', statement, [1, 4, 16]],
    ['with claims', { ...statement, claims: { issuer: 'a', subject: 'b' } }, [1, 4, 15, 16]],
    ['with a detached payload', { ...statement, detached: true }, [1, 4, 16]],
  ])('%s verifies', (_, made, labels) => {
    const run = verify(sign1(made, signer));
    expect(run.stderr).toBe('');
    expect(JSON.parse(run.stdout)).toEqual({
      labels,
      keyId: toHex(signer.keyId),
      type: statement.type,
      claims: labels.includes(15)
        ? [
            [1, 'a'],
            [2, 'b'],
          ]
        : null,
      unprotected: 0,
      detached: 'detached' in made,
      payload: hexOf.payload,
    });
  });

  test('another key, other external data and altered bytes do not verify', () => {
    const encoded = sign1(statement, signer);
    const other = signerFromSeed(new Uint8Array(32).fill(12));
    const inPayload = encoded.length - 64 - 2 - 1;
    for (const run of [
      verify(encoded, { publicKey: toHex(other.publicKey) }),
      verify(encoded, { externalAad: '00' }),
      verify(encoded.with(-1, (encoded.at(-1) as number) ^ 1)),
      verify(encoded.with(inPayload, (encoded.at(inPayload) as number) ^ 1)),
    ]) {
      expect(run.exitCode).toBe(1);
      expect(run.stderr).toContain('the signature does not hold');
    }
  });

  test('what Python signs is of our profile and has our bytes', () => {
    const given = { ...hexOf, seed: toHex(seed), keyId: toHex(signer.keyId), type: statement.type };
    const run = ask({ action: 'sign', ...given });
    const encoded = fromHex(JSON.parse(run.stdout) as string) as Uint8Array;
    expect(toHex(encoded)).toBe(toHex(sign1(statement, signer)));
    const read = decodeSign1(encoded);
    expect(read.ok && verifySign1(nodeSuite, read.value, { ...signer, externalAad })).toBe(true);
  });
});

describe('RFC 8949 §4.2.1, by Python', () => {
  test('values whose keys are unsigned integers have the same bytes', () => {
    const values = fc.sample(cborValueWithKeys(fc.maxSafeNat()), { seed: 8949, numRuns: 1_000 });
    const encoded = values.map((value) => toHex(encode(value)));
    const run = ask({ action: 'encode again', values: encoded });
    expect(JSON.parse(run.stdout)).toEqual(encoded);
  });
});
