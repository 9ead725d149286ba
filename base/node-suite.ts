// SPDX-License-Identifier: Apache-2.0
// The suite of gateways and the centre. Ed25519 is checked by libsodium, twice as fast as OpenSSL, with
// our rule: S < L; the encoding of [S]B − [k]A is compared with R, so neither has a second form; A is
// canonical, and neither A nor R of small order. noble-suite.ts has the same rule.

import { hash } from 'node:crypto';
import sodium from 'sodium-native';
import { isPrimeOrder } from './prime-order.ts';
import type { Suite } from './suite.ts';

const sha256Bytes = 32;

/** It takes any view of bytes; its types name but one kind. */
const verifyDetached = sodium.crypto_sign_verify_detached as (
  signature: Uint8Array,
  message: Uint8Array,
  publicKey: Uint8Array,
) => boolean;

export const nodeSuite: Suite = Object.freeze({
  sha256: (bytes: Uint8Array) => {
    // Half the time of 'buffer': no memory is taken outside of V8's own.
    const digest = hash('sha256', bytes, 'binary');
    const sha256 = new Uint8Array(sha256Bytes);
    for (let i = 0; i < sha256Bytes; i++) sha256[i] = digest.charCodeAt(i);
    return sha256;
  },
  verify: (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) =>
    publicKey.length === sodium.crypto_sign_PUBLICKEYBYTES &&
    signature.length === sodium.crypto_sign_BYTES &&
    verifyDetached(signature, message, publicKey),
  isPrimeOrder,
});
