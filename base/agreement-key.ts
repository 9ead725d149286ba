// SPDX-License-Identifier: Apache-2.0
// The twin on X25519 of a key that signs: the same point, known by u alone (RFC 7748 §4.1). What is
// sealed for it, the holder of the Ed25519 key can open (host/sealing.ts has the secret half).

import { toHex } from './bytes.ts';

const p = 2n ** 255n - 19n;
const signBit = 2n ** 255n;
const coordinateBytes = 32;

/**
 * 32 bytes of 32. The map from Edwards' form to Montgomery's: u = (1 + y) / (1 − y). Of a point of small
 * order comes one of small order, with which nothing can be agreed.
 */
export function agreementKeyOf(publicKey: Uint8Array): Uint8Array {
  const y = BigInt(`0x${toHex(publicKey.toReversed())}`) % signBit;
  return littleEndian(((1n + y) * inverse((((1n - y) % p) + p) % p)) % p);
}

/** Modulo p, by Euclid; 0 for 0. */
function inverse(value: bigint): bigint {
  let [r0, r1, s0, s1] = [p, value, 0n, 1n];
  while (r1 !== 0n) {
    const quotient = r0 / r1;
    [r0, r1, s0, s1] = [r1, r0 - quotient * r1, s1, s0 - quotient * s1];
  }
  return ((s0 % p) + p) % p;
}

export function littleEndian(value: bigint): Uint8Array {
  const bytes = new Uint8Array(coordinateBytes);
  for (let i = 0; i < coordinateBytes; i++) bytes[i] = Number((value >> BigInt(8 * i)) & 0xffn);
  return bytes;
}
