// SPDX-License-Identifier: Apache-2.0
// Whether a public key lies in the prime-order group, by one X25519 of OpenSSL in the place of three
// hundred point operations in bigints. X25519 multiplies a point, known by its u alone, by a scalar that
// is a multiple of 8, with bit 254 and no higher one. n = 5L − 1 is such a scalar (L: the order of the
// group), and of no other kind of point [n]P and P have the same u:
// - P in the prime-order group: [5L − 1]P = −P.
// - P with a part T of small order: 8 divides n, so [n]P lies in the prime-order group, and ±P does not.
// - P of small order alone: [n]P is the neutral element, which OpenSSL refuses.
// - y that no point of the curve has: u is then on its twist, where the same would need a point whose
//   order divides 5L or 5L − 2; that of the twist is four times a prime that divides neither.

import { createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';
import { agreementKeyOf, littleEndian } from './agreement-key.ts';
import { equal } from './bytes.ts';
import { isWeakPoint } from './point-form.ts';

const groupOrder = 2n ** 252n + 27742317777372353535851937790883648493n;

/** PKCS#8 and SubjectPublicKeyInfo of an X25519 key up to the key itself (RFC 8410). */
const privateKeyInfo = Buffer.from('302e020100300506032b656e04220420', 'hex');
const publicKeyInfo = Buffer.from('302a300506032b656e032100', 'hex');

const privateKey = createPrivateKey({
  key: Buffer.concat([privateKeyInfo, littleEndian(5n * groupOrder - 1n)]),
  format: 'der',
  type: 'pkcs8',
});

/** True for the canonical encoding of a point of the prime-order group, and for nothing else. */
export function isPrimeOrder(encoded: Uint8Array): boolean {
  if (isWeakPoint(encoded)) return false;
  const u = agreementKeyOf(encoded);
  const publicKey = createPublicKey({
    key: Buffer.concat([publicKeyInfo, u]),
    format: 'der',
    type: 'spki',
  });
  try {
    return equal(diffieHellman({ privateKey, publicKey }), u);
  } catch {
    return false;
  }
}
