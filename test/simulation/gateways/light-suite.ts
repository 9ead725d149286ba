// SPDX-License-Identifier: Apache-2.0
// Signatures that cost next to nothing: a hash over key and message. Anybody could forge one, and
// nobody here does; one that is not of this key and message does not verify. Half of a seed's time
// would go into Ed25519 else.

import { hash } from 'node:crypto';
import { concat, equal } from '../../../base/bytes.ts';
import { nodeSuite } from '../../../base/node-suite.ts';
import type { Signer, Suite } from '../../../base/suite.ts';

export const lightSuite: Suite = Object.freeze({
  ...nodeSuite,
  verify: (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) =>
    equal(signature, markOf(publicKey, message)),
});

/** A key like any other, whose signatures are light ones. */
export function lightSigner({ publicKey, keyId }: Signer): Signer {
  return { publicKey, keyId, sign: (message) => markOf(publicKey, message) };
}

/** 64 bytes, as many as a signature has. */
function markOf(publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha512', concat(publicKey, message), 'buffer'));
}
