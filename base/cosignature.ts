// SPDX-License-Identifier: Apache-2.0
// Co-signatures under checkpoints (C2SP tlog-cosignature, Ed25519, `cosignature/v1`): at this time, this is
// the largest tree of the log that the signer has seen, and it is consistent with all before. Whether the
// signer may say so (it holds the tree on disk, its sizes only grow) is the caller's business.

import { assert } from './assert.ts';
import { concat, u64, utf8 } from './bytes.ts';
import { isCheckpoint } from './checkpoint.ts';
import { accept, type Result, refuse } from './errors.ts';
import { isKeyName, isLineOf, keyHash, type SignatureLine } from './note.ts';
import type { Signer, Suite } from './suite.ts';

export const cosignerKeyType = 0x04;

const timeBytes = 8;
const signatureBytes = 64;

/** A line that holds the time (8 bytes, big-endian) and the signature over time and body. */
export function cosign(
  suite: Suite,
  name: string,
  body: string,
  timeSeconds: number,
  signer: Signer,
): SignatureLine {
  assert(isKeyName(name), 'a cosigner has a name without spaces');
  assert(isCheckpoint(body), 'only a checkpoint is co-signed');
  const { publicKey } = signer;
  const signature = signer.sign(cosignedMessage(body, timeSeconds));
  return cosignatureLine(suite, { name, publicKey, timeSeconds }, signature);
}

/** The line of a co-signature that was made at this time. */
export function cosignatureLine(
  suite: Suite,
  by: { readonly name: string; readonly publicKey: Uint8Array; readonly timeSeconds: number },
  signature: Uint8Array,
): SignatureLine {
  const { name, publicKey, timeSeconds } = by;
  assert(Number.isSafeInteger(timeSeconds) && timeSeconds >= 0, 'seconds since 1970');
  assert(signature.length === signatureBytes, 'an Ed25519 signature');
  return {
    name,
    keyHash: keyHash(suite, name, cosignerKeyType, publicKey),
    signature: concat(u64(BigInt(timeSeconds)), signature),
  };
}

/** Accepts a line that is of this key, with the time it states. Never throws. */
export function verifyCosignature(
  suite: Suite,
  body: string,
  line: SignatureLine,
  key: { readonly name: string; readonly publicKey: Uint8Array },
): Result<{ readonly timeSeconds: number }, 'cosignature'> {
  // attacker-controlled
  if (!isLineOf(suite, line, { ...key, type: cosignerKeyType })) {
    return refuse('cosignature', `not a line of ${key.name} with this key`);
  }
  if (line.signature.length !== timeBytes + signatureBytes) {
    return refuse('cosignature', 'not 8 bytes of time and 64 of signature');
  }
  if (!isCheckpoint(body)) return refuse('cosignature', 'what is co-signed is no checkpoint');
  const { buffer, byteOffset } = line.signature;
  const timeSeconds = Number(new DataView(buffer, byteOffset).getBigUint64(0));
  if (!Number.isSafeInteger(timeSeconds)) return refuse('cosignature', 'a time out of range');
  const message = cosignedMessage(body, timeSeconds);
  return suite.verify(key.publicKey, message, line.signature.slice(timeBytes))
    ? accept({ timeSeconds })
    : refuse('cosignature', 'the signature does not hold');
}

function cosignedMessage(body: string, timeSeconds: number): Uint8Array {
  return utf8(`cosignature/v1\ntime ${timeSeconds}\n${body}`);
}
