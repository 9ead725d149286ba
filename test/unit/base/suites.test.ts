// SPDX-License-Identifier: Apache-2.0
// Both suites, and OpenSSL as a third judge, against RFC 8032, against the edge cases in which Ed25519
// libraries differ, and against each other: a signature has one verdict, whoever judges it.

import { createPublicKey, verify } from 'node:crypto';
import { Point } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, fromHex, toHex, utf8 } from '../../../base/bytes.ts';
import { signerFromSeed } from '../../../base/keys.ts';
import { nobleSuite } from '../../../base/noble-suite.ts';
import { nodeSuite } from '../../../base/node-suite.ts';
import { isWeakPoint } from '../../../base/point-form.ts';
import type { Suite } from '../../../base/suite.ts';
import { readVectors } from '../../vectors/read-vectors.ts';
import { everyFlip } from './flip.ts';

const seed = 8032;
const groupOrder = Point.CURVE().n;
/** A third judge: OpenSSL has the same rule but for weak points. */
const openssl: Suite = {
  ...nodeSuite,
  verify: (publicKey, message, signature) => {
    if (publicKey.length !== 32 || signature.length !== 64) return false;
    if (isWeakPoint(publicKey) || isWeakPoint(signature.subarray(0, 32))) return false;
    const x = Buffer.from(publicKey).toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    return verify(null, message, key, signature);
  },
};
const suites = [
  ['node', nodeSuite],
  ['noble', nobleSuite],
  ['openssl', openssl],
] as const;

type Signature = { name: string; publicKey: string; message: string; signature: string };
const rfc8032 = readVectors<{ signatures: (Signature & { seed: string })[] }>('rfc8032.json');
const speccheck = readVectors<{ cases: (Signature & { accept: boolean })[] }>(
  'ed25519-speccheck.json',
);
const weakPoints = readVectors<{ encodings: string[] }>('ed25519-weak-points.json').encodings;

const bytesOf = (hex: string) => fromHex(hex) as Uint8Array;
const argumentsOf = ({ publicKey, message, signature }: Signature) =>
  [bytesOf(publicKey), bytesOf(message), bytesOf(signature)] as const;

function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

function fromLittleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes.toReversed())}`);
}

/** A point of order 8: its multiples are all points of small order. */
const torsion = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05');
const torsionTimes = (n: number) => torsion.multiply(BigInt(n), false);

/** Signs with a point of small order added to key and R: the equation holds for sure only when
 * multiplied by the cofactor. */
function signWithTorsion(
  { secret, nonce, message }: { secret: bigint; nonce: bigint; message: Uint8Array },
  { onKey, onCommitment }: { onKey: number; onCommitment: number },
) {
  const publicKey = Point.BASE.multiply(secret).add(torsionTimes(onKey)).toBytes();
  const commitment = Point.BASE.multiply(nonce).add(torsionTimes(onCommitment)).toBytes();
  const k = fromLittleEndian(sha512(concat(commitment, publicKey, message))) % groupOrder;
  const s = (nonce + k * secret) % groupOrder;
  const residue = (BigInt(onCommitment) + k * BigInt(onKey)) % 8n;
  return { publicKey, signature: concat(commitment, littleEndian(s)), holds: residue === 0n };
}

describe.each(suites)('%s suite, RFC 8032 §7.1', (_, suite) => {
  test.each(rfc8032.signatures)('$name', (vector) => {
    const [publicKey, message, signature] = argumentsOf(vector);
    const signer = signerFromSeed(bytesOf(vector.seed));
    expect(toHex(signer.publicKey)).toBe(vector.publicKey);
    expect(toHex(signer.sign(message))).toBe(vector.signature);
    expect(suite.verify(publicKey, message, signature)).toBe(true);
  });

  test('one flipped bit of key, message or signature is refused', () => {
    const [publicKey, message, signature] = argumentsOf(rfc8032.signatures[2] as Signature);
    for (const flipped of everyFlip(message)) {
      expect(suite.verify(publicKey, flipped, signature)).toBe(false);
    }
    for (const flipped of [...everyFlip(signature)].filter((__, i) => i % 8 === 0)) {
      expect(suite.verify(publicKey, message, flipped)).toBe(false);
    }
    for (const flipped of [...everyFlip(publicKey)].filter((__, i) => i % 8 === 0)) {
      expect(suite.verify(flipped, message, signature)).toBe(false);
    }
  });
});

describe.each(suites)('%s suite, hostile input', (_, suite) => {
  test.each(speccheck.cases)('$name: $accept', (vector) => {
    expect(suite.verify(...argumentsOf(vector))).toBe(vector.accept);
  });

  test.each(weakPoints)('nothing is verified under the weak key %s', (encoded) => {
    const publicKey = bytesOf(encoded);
    const forged = concat(Uint8Array.of(1), new Uint8Array(63));
    for (let i = 0; i < 32; i++) {
      expect(suite.verify(publicKey, Uint8Array.of(i), forged)).toBe(false);
      expect(suite.verify(publicKey, Uint8Array.of(i), concat(publicKey, new Uint8Array(32)))).toBe(
        false,
      );
    }
  });

  test.each(weakPoints)('nothing is verified with the weak R %s', (encoded) => {
    const commitment = bytesOf(encoded);
    const publicKey = Point.BASE.multiply(5n).toBytes();
    for (let i = 0; i < 16; i++) {
      const message = Uint8Array.of(i);
      const k = fromLittleEndian(sha512(concat(commitment, publicKey, message))) % groupOrder;
      const signature = concat(commitment, littleEndian((5n * k) % groupOrder));
      expect(suite.verify(publicKey, message, signature)).toBe(false);
    }
  });

  test('S + L, the same signature in other bytes, is refused', () => {
    const [publicKey, message, signature] = argumentsOf(rfc8032.signatures[1] as Signature);
    const s = fromLittleEndian(signature.subarray(32));
    for (const multiple of [1n, 2n, 7n]) {
      const other = concat(signature.subarray(0, 32), littleEndian(s + multiple * groupOrder));
      expect(suite.verify(publicKey, message, other)).toBe(false);
    }
  });

  test('wrong lengths, and keys that are no points, are refused without a throw', () => {
    const [publicKey, message, signature] = argumentsOf(rfc8032.signatures[0] as Signature);
    for (const length of [0, 1, 31, 33, 64]) {
      expect(suite.verify(new Uint8Array(length).fill(2), message, signature)).toBe(false);
    }
    for (const length of [0, 1, 63, 65, 128]) {
      expect(suite.verify(publicKey, message, new Uint8Array(length).fill(2))).toBe(false);
    }
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (key) => {
        expect(suite.verify(key, message, signature)).toBe(false);
      }),
      { seed },
    );
  });
});

describe('node and noble', () => {
  const scalar = fc.bigInt({ min: 1n, max: groupOrder - 1n });
  const order = fc.integer({ min: 0, max: 7 });

  test('give one verdict where the cofactor decides: that without it', () => {
    const signed = fc.record({
      secret: scalar,
      nonce: scalar,
      message: fc.uint8Array({ maxLength: 32 }),
    });
    const mixed = fc.record({ onKey: order, onCommitment: order });
    fc.assert(
      fc.property(signed, mixed, (statement, places) => {
        const { publicKey, signature, holds } = signWithTorsion(statement, places);
        expect(nodeSuite.verify(publicKey, statement.message, signature)).toBe(holds);
        expect(nobleSuite.verify(publicKey, statement.message, signature)).toBe(holds);
        expect(openssl.verify(publicKey, statement.message, signature)).toBe(holds);
      }),
      { seed, numRuns: 150 },
    );
  });

  test('agree on signed messages and on altered ones', () => {
    const altered = fc.record({
      seed: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      message: fc.uint8Array({ maxLength: 100 }),
      flip: fc.option(fc.nat(511)),
    });
    fc.assert(
      fc.property(altered, ({ seed: secret, message, flip }) => {
        const signer = signerFromSeed(secret);
        const signature = signer.sign(message);
        if (flip !== null)
          signature[flip >> 3] = (signature[flip >> 3] as number) ^ (1 << (flip & 7));
        for (const [, suite] of suites) {
          expect(suite.verify(signer.publicKey, message, signature)).toBe(flip === null);
        }
      }),
      { seed, numRuns: 100 },
    );
  });

  test('hash alike, FIPS 180-4', () => {
    for (const [, suite] of suites) {
      expect(toHex(suite.sha256(utf8('abc')))).toBe(
        'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      );
      expect(suite.sha256(new Uint8Array()).constructor).toBe(Uint8Array);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(nodeSuite.sha256(bytes)).toEqual(nobleSuite.sha256(bytes));
      }),
      { seed },
    );
  });
});

describe('isWeakPoint', () => {
  test('knows every encoding of a point of small order', () => {
    for (let n = 0; n < 8; n++) expect(isWeakPoint(torsionTimes(n).toBytes())).toBe(true);
    for (const encoded of weakPoints) expect(isWeakPoint(bytesOf(encoded))).toBe(true);
  });

  test('knows every y that is not reduced, and takes the largest that is', () => {
    for (const top of [0x7f, 0xff]) {
      const y = new Uint8Array(32).fill(0xff);
      y[31] = top;
      for (let low = 0xed; low <= 0xff; low++) {
        y[0] = low;
        expect(isWeakPoint(y)).toBe(true);
      }
      y[0] = 0xeb;
      expect(isWeakPoint(y)).toBe(false);
    }
  });
});
