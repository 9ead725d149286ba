// SPDX-License-Identifier: Apache-2.0
// A signed statement on the ledger: a COSE_Sign1 of a stated kind, bound to its chain by external_aad. Its
// bytes are kept as received; its id is their hash. What the payload means is not known here.

import { concat, utf8 } from '../../base/bytes.ts';
import { decodeSign1, type Sign1, sign1, verifySign1 } from '../../base/cose.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import { type EntryId, type KeyId, toEntryId } from '../../base/ids.ts';
import { limits } from '../../base/limits.ts';
import { Recent } from '../../base/recent.ts';
import type { Signer, Suite } from '../../base/suite.ts';

export const entryKinds = [
  'genesis',
  'reading-batch',
  'schema',
  'gap',
  'receipt',
  'membership',
  'request',
  'manual-entry',
  'trust',
] as const;
export type EntryKind = (typeof entryKinds)[number];

/** Signed by a person of the chain, whichever member brings it. */
export function isPersonal(kind: EntryKind): boolean {
  return kind === 'membership' || kind === 'manual-entry';
}

export type SignedEntry = {
  /** SHA-256 of `bytes`. */
  readonly id: EntryId;
  readonly bytes: Uint8Array;
  readonly kind: EntryKind;
  /** First 8 bytes of SHA-256 of the key that is said to have signed. */
  readonly keyId: KeyId;
  readonly payload: Uint8Array;
  readonly sign1: Sign1;
};

/** Stands for the chain id while there is none: in the genesis entry. */
export const noChain = new Uint8Array(32);

const domain = concat(utf8('tieline/v1'), Uint8Array.of(0));

/** What a signature is bound to besides its bytes: the format and the chain. */
export function chainAad(chainId: Uint8Array): Uint8Array {
  return concat(domain, chainId);
}

/** Media type in COSE header 16. */
export function mediaType(kind: string): string {
  return `application/vnd.tieline.${kind}+cbor`;
}

const kindByType = new Map<string, EntryKind>(entryKinds.map((kind) => [mediaType(kind), kind]));

/** Entry bytes: tagged COSE_Sign1 over `payload` by `signer`, for the chain `chainId`. */
export function signEntry(
  statement: { kind: EntryKind; payload: Uint8Array; chainId: Uint8Array },
  signer: Signer,
): Uint8Array {
  return sign1(
    {
      type: mediaType(statement.kind),
      kid: signer.keyId,
      payload: statement.payload,
      externalAad: chainAad(statement.chainId),
    },
    signer,
  );
}

/**
 * Checks the form of an entry, not its signature. Bytes are attacker-controlled; nobody changes them
 * once they are here: who passes an entry on, and who judges it, open the same ones.
 */
export function openEntry(suite: Suite, bytes: Uint8Array): Result<SignedEntry, 'entry'> {
  return opened.get(bytes, () => open(suite, bytes));
}

/** What was opened lately, by the very array: its bytes are read, and hashed, once. */
const opened = new Recent<Uint8Array, Result<SignedEntry, 'entry'>>(limits.openedEntriesMax);

function open(suite: Suite, bytes: Uint8Array): Result<SignedEntry, 'entry'> {
  if (bytes.length > limits.entryBytesMax) {
    return refuse('entry', `${bytes.length} bytes, at most ${limits.entryBytesMax}`);
  }
  const decoded = decodeSign1(bytes);
  if (!decoded.ok) return refuse('entry', decoded.detail);
  const { kid, type, payload, claims, unprotected } = decoded.value;
  const kind = kindByType.get(type);
  if (kind === undefined) return refuse('entry', `unknown type ${type}`);
  if (payload === null) return refuse('entry', 'the payload is detached');
  if (claims !== undefined) return refuse('entry', 'an entry has no claims');
  if (unprotected.size > 0) return refuse('entry', 'an entry has no unprotected headers');
  return accept({
    id: toEntryId(suite.sha256(bytes)),
    bytes,
    kind,
    keyId: kid,
    payload,
    sign1: decoded.value,
  });
}

/** Whether `publicKey` signed this entry for this chain. */
export function verifyEntry(
  suite: Suite,
  entry: SignedEntry,
  by: { publicKey: Uint8Array; chainId: Uint8Array },
): boolean {
  return verifySign1(suite, entry.sign1, {
    publicKey: by.publicKey,
    externalAad: chainAad(by.chainId),
  });
}
