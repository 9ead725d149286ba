// SPDX-License-Identifier: Apache-2.0
// The suite of gateways and the centre, by node:crypto (an order of magnitude faster than
// JavaScript). OpenSSL checks S < L and compares the encoding of [S]B − [k]A with R, so neither has
// a second form. Which weak points it takes depends on its version and on Node's; here none is.
// noble-suite.ts has the same rule.

import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import { keyOf } from './bytes.ts';
import { limits } from './limits.ts';
import { isWeakPoint, pointBytes } from './point-form.ts';
import { isPrimeOrder } from './prime-order.ts';
import type { Suite, VerifyBeside } from './suite.ts';

const sha256Bytes = 32;

/** By key. To import a key takes a quarter as long as to verify, and a chain's signers are few. */
const imported = new Map<string, KeyObject>();

export const nodeSuite: Suite = Object.freeze({
  sha256: (bytes: Uint8Array) => {
    // Half the time of 'buffer': no memory is taken outside of V8's own.
    const digest = hash('sha256', bytes, 'binary');
    const sha256 = new Uint8Array(sha256Bytes);
    for (let i = 0; i < sha256Bytes; i++) sha256[i] = digest.charCodeAt(i);
    return sha256;
  },
  verify: (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => {
    const key = keyFor(publicKey, signature);
    return key !== undefined && verify(null, message, key, signature);
  },
  isPrimeOrder,
});

/** In the threads that Node keeps for such work. */
export const verifyBeside: VerifyBeside = (publicKey, message, signature) =>
  new Promise((resolve, reject) => {
    const key = keyFor(publicKey, signature);
    if (key === undefined) return resolve(false);
    verify(null, message, key, signature, (error, holds) => {
      if (error === null) resolve(holds);
      else reject(error);
    });
  });

/** undefined where nothing is verified: for a weak point, or a wrong length. */
function keyFor(publicKey: Uint8Array, signature: Uint8Array): KeyObject | undefined {
  if (signature.length !== 2 * pointBytes) return undefined;
  if (isWeakPoint(signature.subarray(0, pointBytes))) return undefined;
  return keyObjectOf(publicKey);
}

function keyObjectOf(publicKey: Uint8Array): KeyObject | undefined {
  if (publicKey.length !== pointBytes) return undefined;
  const name = keyOf(publicKey);
  const known = imported.get(name);
  if (known !== undefined) return known;
  if (isWeakPoint(publicKey)) return undefined;
  // As a JWK it takes OpenSSL three quarters of the time that SubjectPublicKeyInfo takes.
  const x = Buffer.from(publicKey).toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  if (imported.size >= limits.importedKeysMax) imported.clear();
  imported.set(name, key);
  return key;
}
