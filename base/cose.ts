// SPDX-License-Identifier: Apache-2.0
// COSE_Sign1 (RFC 9052 §4.2, tag 18) with Ed25519 named as −19 (RFC 9864), the form of everything
// signed. One closed profile: algorithm, key id, type (RFC 9596) and, where asked for, issuer and
// subject (RFC 9597) stand in the protected header; another label is read only by a caller who
// names it. To read is not to verify: nothing in it counts before `verifySign1` said yes, under a
// key from elsewhere.

import { assert } from './assert.ts';
import { concat, keyOf } from './bytes.ts';
import { type CborMap, encode } from './cbor.ts';
import { accept, type Result, refuse } from './errors.ts';
import {
  bytes,
  bytesUpTo,
  type Content,
  choice,
  decodeWith,
  type FormResult,
  nullable,
  readWith,
  text,
  tuple,
  writeWith,
} from './fields.ts';
import { type KeyId, keyIdField, toKeyId } from './ids.ts';
import { limits } from './limits.ts';
import { openMap, record } from './records.ts';
import type { Signer, Suite } from './suite.ts';

/** Ed25519 (RFC 9864). The polymorphic EdDSA, −8, is neither written nor accepted. */
export const algorithm = -19;

/** Who says it and of what: CWT claims 1 and 2. */
export type Claims = { readonly issuer: string; readonly subject: string };

/** A COSE_Sign1 as it stands, whatever its headers say. */
export type Sign1Parts = {
  /** Exactly as signed. */
  readonly protectedBytes: Uint8Array;
  readonly protectedMap: CborMap;
  readonly unprotected: CborMap;
  /** null where it is detached. */
  readonly payload: Uint8Array | null;
  /** 64 bytes. */
  readonly signature: Uint8Array;
};

/** A COSE_Sign1 of our profile. */
export type Sign1 = Sign1Parts & {
  readonly kid: KeyId;
  /** A media type: `application/vnd.tieline.schema+cbor`. */
  readonly type: string;
  readonly claims?: Claims | undefined;
};

export type Statement = {
  readonly type: string;
  readonly payload: Uint8Array;
  readonly claims?: Claims;
  /** The signer's own key id by default. */
  readonly kid?: Uint8Array;
  /** Protected labels beyond those of the profile. */
  readonly extraProtected?: CborMap;
  readonly unprotected?: CborMap;
  /** Signed too, but not in the bytes; empty by default. */
  readonly externalAad?: Uint8Array;
  /** The payload is signed but left out of the bytes. */
  readonly detached?: boolean;
};

const label = { algorithm: 1, kid: 4, claims: 15, type: 16 } as const;

const headerField = record({
  algorithm: [label.algorithm, choice(algorithm)],
  kid: [label.kid, keyIdField],
  claims: [
    label.claims,
    record({ issuer: [1, text(limits.coseTextMax)], subject: [2, text(limits.coseTextMax)] }),
    'optional',
  ],
  type: [label.type, text(limits.coseTextMax)],
});

const byteString = bytesUpTo(limits.cborBytesMax);
const partsField = tuple(byteString, openMap, nullable(byteString), bytes(64));

/** Head of tag 18 around the array. */
const sign1Tag = Uint8Array.of(0xd2);
const empty = new Uint8Array();

/** The bytes of a COSE_Sign1 by this signer. */
export function sign1(statement: Statement, signer: Signer): Uint8Array {
  const { payload, externalAad, unprotected = new Map(), detached = false } = statement;
  const protectedBytes = protectedBytesOf(statement, signer.keyId);
  const signature = signer.sign(signedBytes({ protectedBytes, externalAad, payload }));
  return attach({ protectedBytes, unprotected, payload: detached ? null : payload, signature });
}

/** The protected header of this statement by the key of this id. */
export function protectedBytesOf(
  statement: Omit<Statement, 'payload'>,
  keyId: Uint8Array,
): Uint8Array {
  return encode(protectedHeader(statement, keyId));
}

/**
 * The bytes of a COSE_Sign1 with a signature over `signedBytes`, made here or elsewhere: one does
 * for statements that differ in what is not signed alone.
 */
export function attach(parts: Omit<Sign1Parts, 'protectedMap'>): Uint8Array {
  const { protectedBytes, unprotected, payload, signature } = parts;
  return concat(sign1Tag, encode([protectedBytes, unprotected, payload, signature]));
}

function protectedHeader(statement: Omit<Statement, 'payload'>, keyId: Uint8Array): CborMap {
  const { type, claims, kid = keyId, extraProtected = new Map() } = statement;
  const header = writeWith(headerField, { algorithm, kid: toKeyId(kid), claims, type }) as CborMap;
  const all = new Map([...header, ...extraProtected]);
  assert(all.size === header.size + extraProtected.size, 'an extra label is one of the profile');
  return all;
}

/** Any COSE_Sign1 in deterministic CBOR, of any algorithm whose signatures have 64 bytes. */
export function parseSign1(encoded: Uint8Array, hasViews = false): Result<Sign1Parts, 'cose'> {
  if (encoded[0] !== sign1Tag[0]) return refuse('cose', 'it does not begin with tag 18');
  const options = { name: 'sign1', hasViews };
  const parts = decodeWith(partsField, encoded.subarray(sign1Tag.length), options);
  if (!parts.ok) return refuse('cose', parts.detail);
  const [protectedBytes, unprotected, payload, signature] = parts.value;
  const protectedMap = readProtected(protectedBytes);
  if (!protectedMap.ok) return refuse('cose', protectedMap.detail);
  return accept({
    protectedBytes,
    protectedMap: protectedMap.value,
    unprotected,
    payload,
    signature,
  });
}

/** A COSE_Sign1 of our profile; labels beyond it are refused unless named here. Its type is for
 * the caller to compare: a statement of one type is never taken for another. */
export function decodeSign1(
  encoded: Uint8Array,
  allowed: {
    readonly protectedLabels?: readonly number[];
    readonly unprotectedLabels?: readonly number[];
    /** Payload and signature are views of `encoded`: for who keeps that anyway. */
    readonly hasViews?: boolean;
  } = {},
): Result<Sign1, 'cose'> {
  const parts = parseSign1(encoded, allowed.hasViews);
  if (!parts.ok) return parts;
  const { protectedMap, unprotected } = parts.value;
  const header =
    allowed.protectedLabels === undefined
      ? profileHeader(protectedMap)
      : headerField.read(without(protectedMap, allowed.protectedLabels), 'protected');
  if (!header.ok) return refuse('cose', header.detail);
  if (unprotected.size > 0) {
    const stray = without(unprotected, allowed.unprotectedLabels).keys().next();
    if (!stray.done) {
      return refuse('cose', `unprotected: no label ${showLabel(stray.value)} is read`);
    }
  }
  const { kid, type, claims } = header.value;
  return accept({ ...parts.value, kid, type, ...(claims && { claims }) });
}

/** Whether the signature holds under this key. `detachedPayload` is given exactly where the
 * payload is detached: with both or neither the answer is false. */
export function verifySign1(
  suite: Suite,
  parts: Sign1Parts,
  by: {
    readonly publicKey: Uint8Array;
    readonly externalAad?: Uint8Array;
    readonly detachedPayload?: Uint8Array;
  },
): boolean {
  if ((parts.payload === null) !== (by.detachedPayload !== undefined)) return false;
  const payload = parts.payload ?? by.detachedPayload ?? empty;
  const { protectedBytes, signature } = parts;
  const message = signedBytes({ protectedBytes, externalAad: by.externalAad, payload });
  return suite.verify(by.publicKey, message, signature);
}

/** Sig_structure (RFC 9052 §4.4). */
export function signedBytes(parts: {
  readonly protectedBytes: Uint8Array;
  readonly externalAad?: Uint8Array | undefined;
  readonly payload: Uint8Array;
}): Uint8Array {
  const { protectedBytes, externalAad = empty, payload } = parts;
  return encode(['Signature1', protectedBytes, externalAad, payload]);
}

/**
 * Protected headers that were read before: all statements of one kind by one signer have the same bytes
 * there. Bounded; and no longer ones than a header of the profile.
 */
const knownHeaders = new Map<string, CborMap>();
const knownHeaderBytesMax = 128;
/** What such a header says in our profile. */
const profiles = new WeakMap<CborMap, FormResult<Content<typeof headerField>>>();

/** No bytes stand for an empty header (RFC 9052 §3). */
function readProtected(protectedBytes: Uint8Array): Result<CborMap> {
  if (protectedBytes.length === 0) return accept(new Map());
  const isKept = protectedBytes.length <= knownHeaderBytesMax;
  const name = isKept ? keyOf(protectedBytes) : '';
  const known = isKept ? knownHeaders.get(name) : undefined;
  if (known !== undefined) return accept(known);
  const read = decodeWith(openMap, protectedBytes, { name: 'protected' });
  if (!read.ok || !isKept) return read;
  if (knownHeaders.size >= limits.coseHeadersMax) knownHeaders.clear();
  knownHeaders.set(name, read.value);
  return read;
}

function profileHeader(header: CborMap): FormResult<Content<typeof headerField>> {
  const known = profiles.get(header);
  if (known !== undefined) return known;
  const read = readWith(headerField, header, 'protected');
  profiles.set(header, read);
  return read;
}

/** Attacker-controlled: no longer than a line has room for. */
function showLabel(label: number | string): string {
  return JSON.stringify(label).slice(0, 40);
}

function without(header: CborMap, labels: readonly number[] = []): CborMap {
  return new Map([...header].filter(([key]) => !labels.some((one) => one === key)));
}
