// SPDX-License-Identifier: Apache-2.0
// Signatures to verify, packed into one buffer on their way to a thread: for each the key (32 bytes),
// the signature (64), the length of the message (4) and the message. Neither stored nor sent.

import { assert } from '../base/assert.ts';

export type SignatureCheck = {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
};

const keyBytes = 32;
const signatureBytes = 64;
const headBytes = keyBytes + signatureBytes + 4;

/** Of another length nothing is a key or a signature: then there is nothing to verify. */
export function isVerifiable({ publicKey, signature }: SignatureCheck): boolean {
  return publicKey.length === keyBytes && signature.length === signatureBytes;
}

export function packedBytes({ message }: SignatureCheck): number {
  return headBytes + message.length;
}

/** Each is verifiable. */
export function packChecks(checks: readonly SignatureCheck[]): Uint8Array<ArrayBuffer> {
  const length = checks.reduce((sum, check) => sum + packedBytes(check), 0);
  const packed = new Uint8Array(length);
  const view = new DataView(packed.buffer);
  let at = 0;
  for (const { publicKey, message, signature } of checks) {
    packed.set(publicKey, at);
    packed.set(signature, at + keyBytes);
    view.setUint32(at + keyBytes + signatureBytes, message.length);
    packed.set(message, at + headBytes);
    at += headBytes + message.length;
  }
  return packed;
}

export function* unpackChecks(packed: Uint8Array): Generator<SignatureCheck> {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  let at = 0;
  while (at < packed.length) {
    const end = at + headBytes + view.getUint32(at + keyBytes + signatureBytes);
    assert(end <= packed.length, 'checks are unpacked as they were packed');
    yield {
      publicKey: packed.subarray(at, at + keyBytes),
      signature: packed.subarray(at + keyBytes, at + keyBytes + signatureBytes),
      message: packed.subarray(at + headBytes, end),
    };
    at = end;
  }
}
