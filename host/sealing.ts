// SPDX-License-Identifier: Apache-2.0
// X25519, HKDF and AES-GCM by node:crypto.

import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { concat } from '../base/bytes.ts';
import type { AgreementPair, CipherInput, Sealing } from '../base/sealed.ts';

/** SubjectPublicKeyInfo of an X25519 key up to the key itself (RFC 8410 §4). */
const publicKeyInfo = Uint8Array.of(48, 42, 48, 5, 6, 3, 43, 101, 110, 3, 33, 0);
const cipher = 'aes-256-gcm';
const tagBytes = 16;

export const nodeSealing: Sealing = Object.freeze({
  newPair: () => {
    const { publicKey, privateKey } = generateKeyPairSync('x25519');
    const der = publicKey.export({ format: 'der', type: 'spki' });
    return pairOf(privateKey, new Uint8Array(der.subarray(publicKeyInfo.length)));
  },
  random: (length: number) => new Uint8Array(randomBytes(length)),
  derive: (secret: Uint8Array, info: Uint8Array) =>
    new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(), info, 32)),
  encrypt: ({ key, nonce, aad, text }: CipherInput) => {
    const sealing = createCipheriv(cipher, key, nonce).setAAD(aad);
    return concat(sealing.update(text), sealing.final(), sealing.getAuthTag());
  },
  decrypt: ({ key, nonce, aad, text }: CipherInput) => {
    if (text.length < tagBytes) return undefined;
    const opening = createDecipheriv(cipher, key, nonce, { authTagLength: tagBytes }).setAAD(aad);
    opening.setAuthTag(text.subarray(-tagBytes));
    try {
      return concat(opening.update(text.subarray(0, -tagBytes)), opening.final());
    } catch {
      return undefined;
    }
  },
});

/** PKCS#8 of an X25519 key up to the key itself (RFC 8410 §7). */
const privateKeyInfo = Uint8Array.of(48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 110, 4, 34, 4, 32);

/**
 * What opens what is sealed for the twin of an Ed25519 key (base/agreement-key.ts). Its scalar is that of
 * RFC 8032 §5.1.5, which X25519 clamps by the same rule.
 * @param seed 32 bytes.
 */
export function agreementPairOf(seed: Uint8Array): AgreementPair {
  const scalar = createHash('sha512').update(seed).digest().subarray(0, 32);
  const key = Buffer.from(concat(privateKeyInfo, scalar));
  const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return pairOf(privateKey, new Uint8Array(der.subarray(publicKeyInfo.length)));
}

function pairOf(privateKey: KeyObject, publicKey: Uint8Array): AgreementPair {
  return {
    publicKey,
    agree: (other) => {
      if (other.length !== 32) return undefined;
      const der = Buffer.from(concat(publicKeyInfo, other));
      try {
        const theirs = createPublicKey({ key: der, format: 'der', type: 'spki' });
        return new Uint8Array(diffieHellman({ privateKey, publicKey: theirs }));
      } catch {
        // OpenSSL refuses a shared secret of zeros, which points of small order give.
        return undefined;
      }
    },
  };
}
