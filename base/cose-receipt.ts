// SPDX-License-Identifier: Apache-2.0
// COSE Receipts of inclusion (RFC 9942) over an RFC 9162 log: a signature over the root, which is not in the
// bytes but computed from leaf and path. Beyond the RFC, issuer, subject and type are always there, and
// the size of the tree is signed too: the path itself stands in the unprotected header, and only with a
// signed size can it have no other shape. Nothing that is signed is of one leaf alone: one signature over
// a root does for the receipts of all leaves under it. Invariant: a receipt that is read has one proof,
// of that size.

import { assert } from './assert.ts';
import { encode, map } from './cbor.ts';
import {
  attach,
  decodeSign1,
  protectedBytesOf,
  type Sign1,
  signedBytes,
  verifySign1,
} from './cose.ts';
import { accept, type Result, refuse } from './errors.ts';
import { bytes, bytesUpTo, choice, decodeWith, listOf, tuple, uint } from './fields.ts';
import type { KeyId } from './ids.ts';
import { limits } from './limits.ts';
import { hashBytes, inclusionRoot } from './merkle.ts';
import { record } from './records.ts';
import { treeSizeMax } from './subtrees.ts';
import type { Signer, Suite } from './suite.ts';

export type CoseReceipt = {
  /** Origin of the log: its keys are issuer, its tree is subject. */
  readonly origin: string;
  /** Says which key to take; a key is trusted only if it is known from elsewhere. */
  readonly kid: KeyId;
  /** Leaves of the tree whose root is signed: at least 2, for the RFC's paths are not empty. */
  readonly size: number;
  readonly index: number;
  /** From the leaf upward. */
  readonly path: readonly Uint8Array[];
  readonly sign1: Sign1;
};

/** RFC 9943 §10. */
const receiptType = 'application/scitt-receipt+cose';

/** RFC 9942 §8; the tree size is a label of ours, from the range for private use. */
const label = { structure: 395, proofs: 396, inclusion: -1, treeSize: -65537 } as const;

/** RFC9162_SHA256, the only structure there is. */
const structure = 1;

const headerField = record({
  structure: [label.structure, choice(structure)],
  size: [label.treeSize, uint(treeSizeMax)],
});

const proofField = tuple(
  uint(treeSizeMax),
  uint(treeSizeMax),
  listOf(bytes(hashBytes), limits.proofHashesMax),
);

const proofBytesMax = 2 * 9 + limits.proofHashesMax * (hashBytes + 2) + 3;

const unprotectedField = record({
  proofs: [label.proofs, record({ inclusion: [label.inclusion, tuple(bytesUpTo(proofBytesMax))] })],
});

/** A log at one size: what is signed. */
export type LogRoot = {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
};

/** By one key of the log over one root. */
export type RootSignature = {
  readonly keyId: Uint8Array;
  /** 64 bytes. */
  readonly signature: Uint8Array;
};

/** A leaf of a log at one size. */
export type LeafPlace = { readonly index: number; readonly path: readonly Uint8Array[] };

/** For the receipts of all leaves under this root. */
export function signRoot(log: LogRoot, signer: Signer): RootSignature {
  const { keyId } = signer;
  return { keyId, signature: signer.sign(toBeSigned(log, keyId)) };
}

/** Whether a key of the log has signed this root. */
export function verifyRoot(
  suite: Suite,
  log: LogRoot,
  by: RootSignature & { readonly publicKey: Uint8Array },
): boolean {
  return suite.verify(by.publicKey, toBeSigned(log, by.keyId), by.signature);
}

/** The receipt for a leaf of the log at the size that was signed. */
export function receiptOf(log: LogRoot, leaf: LeafPlace, by: RootSignature): Uint8Array {
  return receiptsUnder(log, by)(leaf);
}

/** The same for many leaves: what their receipts share is made once. */
export function receiptsUnder(
  { origin, size }: LogRoot,
  { keyId, signature }: RootSignature,
): (leaf: LeafPlace) => Uint8Array {
  const protectedBytes = rootHeader(origin, size, keyId);
  return ({ index, path }) => {
    assert(index < size && path.length > 0, 'a receipt is for one leaf of several');
    const proof = encode([size, index, path]);
    const unprotected = map([[label.proofs, map([[label.inclusion, [proof]]])]]);
    return attach({ protectedBytes, unprotected, payload: null, signature });
  };
}

function toBeSigned({ origin, size, root }: LogRoot, keyId: Uint8Array): Uint8Array {
  assert(root.length === hashBytes, 'a root has 32 bytes');
  return signedBytes({ protectedBytes: rootHeader(origin, size, keyId), payload: root });
}

function rootHeader(origin: string, size: number, keyId: Uint8Array): Uint8Array {
  const extraProtected = map([
    [label.structure, structure],
    [label.treeSize, size],
  ]);
  const claims = { issuer: origin, subject: origin };
  return protectedBytesOf({ type: receiptType, claims, extraProtected }, keyId);
}

/** Reads a receipt; nothing in it is verified yet. */
export function decodeReceipt(encoded: Uint8Array): Result<CoseReceipt, 'receipt'> {
  // attacker-controlled
  const decoded = decodeSign1(encoded, {
    protectedLabels: [label.structure, label.treeSize],
    unprotectedLabels: [label.proofs],
  });
  if (!decoded.ok) return refuse('receipt', decoded.detail);
  const { type, claims, kid, payload, protectedMap, unprotected } = decoded.value;
  if (type !== receiptType) return refuse('receipt', `its type is not ${receiptType}`);
  if (claims === undefined) return refuse('receipt', 'it does not name its issuer and subject');
  if (claims.subject !== claims.issuer) return refuse('receipt', 'its subject is not its issuer');
  if (payload !== null) return refuse('receipt', 'the root is in the bytes, it is to be computed');

  const labels = [label.structure, label.treeSize];
  const header = headerField.read(map(labels.map((one) => [one, protectedMap.get(one)])), 'header');
  if (!header.ok) return refuse('receipt', header.detail);
  const outer = unprotectedField.read(unprotected, 'unprotected');
  if (!outer.ok) return refuse('receipt', outer.detail);
  const [proofBytes] = outer.value.proofs.inclusion;
  const proof = decodeWith(proofField, proofBytes, { name: 'proof' });
  if (!proof.ok) return refuse('receipt', proof.detail);

  const [size, index, path] = proof.value;
  if (size !== header.value.size) return refuse('receipt', 'the proof is not of the signed size');
  if (path.length === 0) return refuse('receipt', 'the path is empty');
  return accept({ origin: claims.issuer, kid, size, index, path, sign1: decoded.value });
}

/** Accepts a receipt that this key signed for this leaf, with the root of the log at the receipt's size. */
export function verifyReceipt(
  suite: Suite,
  receipt: CoseReceipt,
  by: { readonly publicKey: Uint8Array; readonly leafHash: Uint8Array },
): Result<{ readonly root: Uint8Array }, 'receipt'> {
  const { index, size, path } = receipt;
  const root = inclusionRoot(suite, { leafHash: by.leafHash, index, size, path });
  if (root === undefined) return refuse('receipt', `no leaf ${index} of ${size} has such a path`);
  return verifySign1(suite, receipt.sign1, { publicKey: by.publicKey, detachedPayload: root })
    ? accept({ root })
    : refuse('receipt', 'the signature does not hold for this leaf');
}
