// SPDX-License-Identifier: Apache-2.0
// The suite of browsers, and the second opinion in tests. Its rule is that of node-suite.ts: RFC
// 8032 §5.1.7 with S < L and the equation without the cofactor, [S]B = R + [k]A. noble's own
// `verify` multiplies by the cofactor and so accepts signatures that OpenSSL refuses; on one chain
// all verifiers must judge alike.

import { etc, Point } from '@noble/ed25519';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { concat, equal, toHex } from './bytes.ts';
import { isWeakPoint, pointBytes } from './point-form.ts';
import type { Suite } from './suite.ts';

const groupOrder = Point.CURVE().n;

export const nobleSuite: Suite = Object.freeze({ sha256, verify });

function verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 2 * pointBytes) return false;
  const commitment = signature.subarray(0, pointBytes);
  const s = littleEndian(signature.subarray(pointBytes));
  if (s >= groupOrder || isWeakPoint(publicKey) || isWeakPoint(commitment)) return false;
  let key: Point;
  try {
    key = Point.fromBytes(publicKey, false);
  } catch {
    return false;
  }
  const k = etc.mod(littleEndian(sha512(concat(commitment, publicKey, message))), groupOrder);
  const expected = Point.BASE.multiply(s, false).subtract(key.multiply(k, false));
  return equal(expected.toBytes(), commitment);
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes.toReversed())}`);
}
