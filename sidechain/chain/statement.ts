// SPDX-License-Identifier: Apache-2.0
// Signed statements that are no entries of a sidechain: of persons and of the main log. One stated
// type, closed: payload inside, no claims, no unprotected headers.

import { decodeSign1, type Sign1 } from '../../base/cose.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import type { KeyId } from '../../base/ids.ts';
import { mediaType } from './entry.ts';

export type OpenStatement = {
  /** Of the key that is said to have signed. */
  readonly keyId: KeyId;
  readonly payload: Uint8Array;
  readonly sign1: Sign1;
};

/** Checks the form, not the signature. Bytes are attacker-controlled. */
export function openStatement(
  input: Uint8Array,
  expected: { readonly kind: string; readonly bytesMax: number },
): Result<OpenStatement, 'statement'> {
  if (input.length > expected.bytesMax) {
    return refuse('statement', `${input.length} bytes, at most ${expected.bytesMax}`);
  }
  const decoded = decodeSign1(input);
  if (!decoded.ok) return refuse('statement', decoded.detail);
  const { kid, type, payload, claims, unprotected } = decoded.value;
  if (type !== mediaType(expected.kind)) return refuse('statement', `no ${expected.kind}`);
  if (payload === null || claims !== undefined) {
    return refuse('statement', 'its payload is inside and it has no claims');
  }
  if (unprotected.size > 0) return refuse('statement', 'it has unprotected headers');
  return accept({ keyId: kid, payload, sign1: decoded.value });
}
