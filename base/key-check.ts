// SPDX-License-Identifier: Apache-2.0
// The check of a public key before it is enrolled: in a genesis, by a membership, for a person.
// Complete, by @noble/ed25519 or, ten times as fast, by the suite; afterwards the suites verify under
// the key without looking at it again.

import { Point } from '@noble/ed25519';
import { accept, messageOf, type Result, refuse } from './errors.ts';
import { pointBytes } from './point-form.ts';
import type { Suite } from './suite.ts';

/** Accepts the canonical encoding of a point of the prime-order group: only for such a key does
 * a signature bind its signer to one message under every verifier there is. */
export function checkPublicKey(
  publicKey: Uint8Array,
  suite?: Pick<Suite, 'isPrimeOrder'>,
): Result<Uint8Array, 'key'> {
  if (suite?.isPrimeOrder?.(publicKey) === true) return accept(publicKey);
  if (publicKey.length !== pointBytes) {
    return refuse('key', `${publicKey.length} bytes, an Ed25519 public key has ${pointBytes}`);
  }
  let point: Point;
  try {
    point = Point.fromBytes(publicKey, false);
  } catch (error) {
    return refuse('key', `not the canonical encoding of a point: ${messageOf(error)}`);
  }
  if (point.isSmallOrder()) return refuse('key', 'a point of small order');
  if (!point.isTorsionFree()) return refuse('key', 'a point outside the prime-order group');
  return accept(publicKey);
}
