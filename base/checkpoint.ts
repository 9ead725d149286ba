// SPDX-License-Identifier: Apache-2.0
// Checkpoints (C2SP tlog-checkpoint): size and root of a log as the body of a signed note, and the
// plain Ed25519 line by which the log itself signs it. No extension lines are written or read: no
// witness vouches for them.
// Invariant: a body has one form only, so equal checkpoints are equal strings.

import { assert } from './assert.ts';
import { fromBase64, toBase64, utf8 } from './bytes.ts';
import { accept, type Result, refuse } from './errors.ts';
import { hashBytes } from './merkle.ts';
import { isKeyName, isLineOf, keyHash, type SignatureLine } from './note.ts';
import { treeSizeMax } from './subtrees.ts';
import type { Signer, Suite } from './suite.ts';

export type Checkpoint = {
  /** The log's name, also of its key. */
  readonly origin: string;
  /** Leaves; 0 for the empty tree, at most 2^48. */
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
};

/** Key type of the log's own signature: Ed25519 over the body as it is. */
export const logKeyType = 0x01;

/** The body of the note. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  assert(isKeyName(origin), 'an origin has no spaces');
  assert(Number.isInteger(size) && size >= 0 && size <= treeSizeMax, 'a size is at most 2^48');
  assert(root.length === hashBytes, 'a root has 32 bytes');
  return `${origin}\n${size}\n${toBase64(root)}\n`;
}

/** That was read last and is one: of a note, each signature asks for it again. */
let lastRead: string | undefined;

/** Whether this is the body of a checkpoint. */
export function isCheckpoint(body: string): boolean {
  return lastRead === body || parseCheckpoint(body).ok;
}

/** Reads the body of a note; refuses all that `formatCheckpoint` does not write. */
export function parseCheckpoint(body: string): Result<Checkpoint, 'checkpoint'> {
  // attacker-controlled
  const [origin = '', digits = '', base64 = '', end, ...more] = body.split('\n', 5);
  if (end !== '' || more.length > 0) return refuse('checkpoint', 'not exactly three lines');
  if (!isKeyName(origin)) return refuse('checkpoint', 'the origin is empty or has spaces');
  const size = /^(0|[1-9][0-9]{0,14})$/.test(digits) ? Number(digits) : Number.NaN;
  if (!(size <= treeSizeMax)) return refuse('checkpoint', 'the size is no decimal up to 2^48');
  const root = fromBase64(base64);
  if (root?.length !== hashBytes) return refuse('checkpoint', 'the root is not 32 bytes of base64');
  lastRead = body;
  return accept({ origin, size, root });
}

/**
 * The log's line under a checkpoint. What is signed is the body alone, without a prefix: therefore
 * nothing but a checkpoint is signed here, so that the signature can mean nothing else.
 */
export function signCheckpoint(
  suite: Suite,
  name: string,
  body: string,
  signer: Signer,
): SignatureLine {
  assert(isCheckpoint(body), 'only a checkpoint is signed as one');
  return {
    name,
    keyHash: keyHash(suite, name, logKeyType, signer.publicKey),
    signature: signer.sign(utf8(body)),
  };
}

/** True where the line is of this key and its signature holds. Never throws. */
export function verifyLogSignature(
  suite: Suite,
  body: string,
  line: SignatureLine,
  key: { readonly name: string; readonly publicKey: Uint8Array },
): boolean {
  return (
    isLineOf(suite, line, { ...key, type: logKeyType }) &&
    isCheckpoint(body) &&
    suite.verify(key.publicKey, utf8(body), line.signature)
  );
}
