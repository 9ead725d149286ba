// SPDX-License-Identifier: Apache-2.0
// Keys of files, which sign all that a gateway or the centre says: by libsodium, in half of OpenSSL's
// time. The secret half is in memory that the garbage collector neither moves nor copies, that stays
// out of core dumps and, as far as the system lets it be locked (`ulimit -l`), out of swap, and lies
// between pages nobody may touch. For few keys: each takes four pages, and where the system has no
// more of them, the process ends.

import sodium from 'sodium-native';
import { assert } from './assert.ts';
import { keyIdOf } from './ids.ts';
import { nodeSuite } from './node-suite.ts';
import { pointBytes } from './point-form.ts';
import type { Signer } from './suite.ts';

const seedBytes = 32;
const secretBytes = 64;
const signatureBytes = 64;

/** It takes any view of bytes; its types name but one kind. */
type Bytes = Uint8Array;
const keyPairOf = sodium.crypto_sign_seed_keypair as (
  key: Bytes,
  secret: Bytes,
  seed: Bytes,
) => void;
const signDetached = sodium.crypto_sign_detached as (
  to: Bytes,
  message: Bytes,
  secret: Bytes,
) => void;

/** Signs as `signerFromSeed` (keys.ts) does, byte for byte. The seed itself is not kept. */
export function guardedSigner(seed: Uint8Array): Signer {
  assert(seed.length === seedBytes, `a seed of ${seed.length} bytes, it has ${seedBytes}`);
  const publicKey = new Uint8Array(pointBytes);
  const secret = sodium.sodium_malloc(secretBytes);
  keyPairOf(publicKey, secret, seed);
  sodium.sodium_mprotect_readonly(secret);
  return Object.freeze({
    publicKey,
    keyId: keyIdOf(nodeSuite, publicKey),
    sign: (message: Uint8Array) => {
      const signature = new Uint8Array(signatureBytes);
      signDetached(signature, message, secret);
      return signature;
    },
  });
}
