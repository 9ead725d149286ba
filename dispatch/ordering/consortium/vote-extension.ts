// SPDX-License-Identifier: Apache-2.0
// What a validator adds to its vote: its word for the log as the block before left it, once as the
// signature of COSE Receipts and once as a C2SP co-signature. Both are by its key of the main log,
// never by the key that it votes with, so that they count without any knowledge of the engine.

import { concat, toHex } from '../../../base/bytes.ts';
import { formatCheckpoint } from '../../../base/checkpoint.ts';
import { type LogRoot, signRoot, verifyRoot } from '../../../base/cose-receipt.ts';
import { cosign, cosignatureLine, verifyCosignature } from '../../../base/cosignature.ts';
import { accept, type Result, refuse } from '../../../base/errors.ts';
import { keyIdOf } from '../../../base/ids.ts';
import type { SignatureLine } from '../../../base/note.ts';
import type { Signer, Suite } from '../../../base/suite.ts';

/** A log as a block left it. */
export type FinalRoot = LogRoot & {
  /** Of the block, in seconds: by whatever clocks, all validators have this one. */
  readonly timeSeconds: number;
};

/** The word of one organisation for a root. */
export type Vouch = {
  readonly keyId: Uint8Array;
  /** For receipts. */
  readonly signature: Uint8Array;
  /** For checkpoints. */
  readonly cosignature: Uint8Array;
};

const signatureBytes = 64;

export function vouchFor(suite: Suite, log: FinalRoot, signer: Signer): Vouch {
  const name = mainCosignerName(log.origin, signer.keyId);
  const line = cosign(suite, name, formatCheckpoint(log), log.timeSeconds, signer);
  return {
    keyId: signer.keyId,
    signature: signRoot(log, signer).signature,
    cosignature: line.signature.slice(-signatureBytes),
  };
}

export function encodeExtension({ signature, cosignature }: Vouch): Uint8Array {
  return concat(signature, cosignature);
}

/** Bytes are attacker-controlled: what they say has to be of this root, by this very key. */
export function checkExtension(
  suite: Suite,
  extension: Uint8Array,
  expected: { readonly log: FinalRoot; readonly publicKey: Uint8Array },
): Result<Vouch, 'length' | 'receipt-signature' | 'cosignature'> {
  if (extension.length !== 2 * signatureBytes) {
    return refuse('length', `${extension.length} bytes, not ${2 * signatureBytes}`);
  }
  const { log, publicKey } = expected;
  const keyId = keyIdOf(suite, publicKey);
  const signature = extension.slice(0, signatureBytes);
  const cosignature = extension.slice(signatureBytes);
  if (!verifyRoot(suite, log, { keyId, signature, publicKey })) {
    return refuse('receipt-signature', `no signature for receipts under size ${log.size}`);
  }
  const line = vouchLine(suite, log, { keyId, cosignature, publicKey });
  const { name } = line;
  const verified = verifyCosignature(suite, formatCheckpoint(log), line, { name, publicKey });
  if (!verified.ok) return refuse('cosignature', verified.detail);
  return accept({ keyId, signature, cosignature });
}

/** A vouch as a line under the log's checkpoint. */
export function vouchLine(
  suite: Suite,
  log: FinalRoot,
  by: {
    readonly keyId: Uint8Array;
    readonly cosignature: Uint8Array;
    readonly publicKey: Uint8Array;
  },
): SignatureLine {
  const name = mainCosignerName(log.origin, by.keyId);
  const { timeSeconds } = log;
  return cosignatureLine(suite, { name, publicKey: by.publicKey, timeSeconds }, by.cosignature);
}

/** As an organisation is called under the checkpoints of the log that it keeps with others. */
export function mainCosignerName(origin: string, keyId: Uint8Array): string {
  return `${origin}/${toHex(keyId)}`;
}
