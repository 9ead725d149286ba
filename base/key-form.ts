// SPDX-License-Identifier: Apache-2.0
// The public keys under which nothing is verified, told by their bytes alone: those of small order (one
// signature fits many messages) and those with a second encoding. OpenSSL takes both. A key that is enrolled
// passes the full check of key-check.ts; this one is cheap enough for every verification.

import { toHex } from './bytes.ts';

/** Ed25519: 32 bytes, the y coordinate little-endian, the sign of x in the topmost bit. */
export const publicKeyLength = 32;

/** The y coordinates of the eight points of small order. */
const smallOrderY = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

/** y from the prime 2^255 − 19 (ed ff … ff 7f) upwards: the same point has a smaller y too. */
const unreducedY = /^(e[d-f]|f[0-9a-f])f{60}7f$/;

/** True for small order, for y that is not reduced, and for a wrong length. */
export function isWeakKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== publicKeyLength) return true;
  const y = publicKey.slice();
  y[publicKeyLength - 1] = (y[publicKeyLength - 1] as number) & 0x7f;
  const hex = toHex(y);
  return smallOrderY.has(hex) || unreducedY.test(hex);
}
