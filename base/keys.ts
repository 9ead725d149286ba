// SPDX-License-Identifier: Apache-2.0
// Ed25519 keys that sign, by node:crypto. A key is known by its seed, the 32 secret bytes of RFC
// 8032 §5.1.5; where a seed is kept is the business of the host.

import { createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto';
import { assert } from './assert.ts';
import { concat } from './bytes.ts';
import { keyIdOf } from './ids.ts';
import { nodeSuite } from './node-suite.ts';
import { pointBytes } from './point-form.ts';
import type { Signer } from './suite.ts';

const seedLength = 32;

/** PKCS#8 of an Ed25519 key up to the seed itself (RFC 8410 §7). */
const privateKeyInfo = Uint8Array.of(48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32);

/** A new secret of 32 bytes. */
export function generateSeed(): Uint8Array {
  return new Uint8Array(randomBytes(seedLength));
}

/** The seed itself is not kept, only the key object made of it. */
export function signerFromSeed(seed: Uint8Array): Signer {
  assert(seed.length === seedLength, `a seed of ${seed.length} bytes, it has ${seedLength}`);
  const privateKey = createPrivateKey({
    key: Buffer.from(concat(privateKeyInfo, seed)),
    format: 'der',
    type: 'pkcs8',
  });
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const publicKey = new Uint8Array(der.subarray(-pointBytes));
  return Object.freeze({
    publicKey,
    keyId: keyIdOf(nodeSuite, publicKey),
    sign: (message: Uint8Array) => new Uint8Array(sign(null, message, privateKey)),
  });
}
