// SPDX-License-Identifier: Apache-2.0
// Keys: signers of seeds, key ids, and the check at enrolment.

import { Point } from '@noble/ed25519';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvariantError } from '../../../base/assert.ts';
import { fromHex, toHex, utf8 } from '../../../base/bytes.ts';
import { guardedSigner } from '../../../base/guarded-signer.ts';
import { keyIdOf } from '../../../base/ids.ts';
import { checkPublicKey } from '../../../base/key-check.ts';
import { generateSeed, signerFromSeed } from '../../../base/keys.ts';
import { nobleSuite } from '../../../base/noble-suite.ts';
import { nodeSuite } from '../../../base/node-suite.ts';
import { readVectors } from '../../vectors/read-vectors.ts';

const weakPoints = readVectors<{ encodings: string[] }>('ed25519-weak-points.json').encodings;
const seed = new Uint8Array(32).fill(7);

describe.each([
  ['signerFromSeed', signerFromSeed],
  ['guardedSigner', guardedSigner],
] as const)('%s', (_, signerOf) => {
  test('is the same key for the same seed, also after the seed is wiped', () => {
    const secret = seed.slice();
    const signer = signerOf(secret);
    const signature = signer.sign(utf8('message'));
    secret.fill(0);
    expect(signer.sign(utf8('message'))).toEqual(signature);
    expect(signerOf(seed).publicKey).toEqual(signer.publicKey);
  });

  test('has plain bytes and the agreed key id: SHA-256 of the key, first 8 bytes', () => {
    const { publicKey, keyId, sign } = signerOf(seed);
    expect(publicKey.constructor).toBe(Uint8Array);
    expect(publicKey.buffer.byteLength).toBe(32);
    expect(sign(utf8('')).constructor).toBe(Uint8Array);
    expect(toHex(keyId)).toBe(toHex(nodeSuite.sha256(publicKey)).slice(0, 16));
    expect(keyIdOf(nobleSuite, publicKey)).toEqual(keyId);
  });

  test('takes no seed of another length', () => {
    for (const length of [0, 31, 33, 64]) {
      expect(() => signerOf(new Uint8Array(length))).toThrow(InvariantError);
    }
  });
});

test('both sign the same, of any key and message', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.uint8Array({ maxLength: 5_000 }),
      (secret, message) => {
        const [one, other] = [signerFromSeed(secret), guardedSigner(secret)];
        expect(other.publicKey).toEqual(one.publicKey);
        expect(other.keyId).toEqual(one.keyId);
        expect(other.sign(message)).toEqual(one.sign(message));
      },
    ),
    { seed: 8032, numRuns: 200 },
  );
});

test('generateSeed gives 32 bytes, others each time', () => {
  const seeds = Array.from({ length: 50 }, () => toHex(generateSeed()));
  expect(new Set(seeds).size).toBe(50);
  expect(seeds.every((hex) => hex.length === 64)).toBe(true);
});

describe.each([
  ['by noble', nobleSuite],
  ['by X25519', nodeSuite],
] as const)('checkPublicKey %s', (_, suite) => {
  test('accepts the keys we make', () => {
    for (let i = 0; i < 20; i++) {
      const { publicKey } = signerFromSeed(generateSeed());
      expect(checkPublicKey(publicKey, suite)).toEqual({ ok: true, value: publicKey });
    }
  });

  test.each(weakPoints)('refuses the weak point %s', (encoded) => {
    expect(checkPublicKey(fromHex(encoded) as Uint8Array, suite)).toMatchObject({
      ok: false,
      code: 'key',
    });
  });

  test('refuses a point of the curve outside the prime-order group', () => {
    const torsion = Point.fromHex(weakPoints[8] as string);
    for (let n = 1n; n < 8n; n++) {
      const mixed = Point.BASE.multiply(3n).add(torsion.multiply(n)).toBytes();
      expect(checkPublicKey(mixed, suite)).toMatchObject({
        ok: false,
        detail: 'a point outside the prime-order group',
      });
    }
  });

  test('refuses bytes that are no point, and wrong lengths', () => {
    const noPoint = new Uint8Array(32).fill(2);
    expect(checkPublicKey(noPoint, suite).ok).toBe(false);
    for (const length of [0, 31, 33]) {
      expect(checkPublicKey(new Uint8Array(length), suite)).toMatchObject({
        ok: false,
        detail: `${length} bytes, an Ed25519 public key has 32`,
      });
    }
  });
});

test('of any bytes both say the same, on the curve, beside it and with torsion', () => {
  const torsion = Point.fromHex(weakPoints[8] as string);
  let sound = 0;
  for (let n = 0; n < 256; n++) {
    // One y in two is on the curve, one point in eight in the prime-order group.
    const bytes = nodeSuite.sha256(utf8(`point ${n}`));
    const expected = checkPublicKey(bytes).ok;
    expect(nodeSuite.isPrimeOrder?.(bytes)).toBe(expected);
    if (expected) sound += 1;
    const point = Point.BASE.multiply(BigInt(n + 2));
    expect(nodeSuite.isPrimeOrder?.(point.toBytes())).toBe(true);
    expect(nodeSuite.isPrimeOrder?.(point.add(torsion).toBytes())).toBe(false);
  }
  expect(sound).toBeGreaterThan(3);
});
