// SPDX-License-Identifier: Apache-2.0
// Deterministic CBOR (RFC 8949 §4.2.1), the form of everything that is signed or hashed: one value
// has one encoding, and only that one is read. No floats, no tags, no undefined, no indefinite
// lengths; map keys are integers or text. Invariant: decode(bytes) accepts => encode of its value
// equals bytes.

import { readCbor } from './cbor-read.ts';
import { writeCbor } from './cbor-write.ts';
import { accept, type Result, refuse } from './errors.ts';
import { limits } from './limits.ts';

/** Integers are numbers up to ±(2^53 − 1) and bigints beyond, down to −2^64 and up to 2^64 − 1. */
export type CborValue =
  | number
  | bigint
  | string
  | boolean
  | null
  | Uint8Array
  | readonly CborValue[]
  | ReadonlyMap<number | string, CborValue>;

export type CborMap = ReadonlyMap<number | string, CborValue>;

/** A map from its pairs, in any order; a pair whose value is undefined is left out. */
export function map(
  pairs: readonly (readonly [number | string, CborValue | undefined])[],
): CborMap {
  const entries = new Map<number | string, CborValue>();
  for (const [key, value] of pairs) if (value !== undefined) entries.set(key, value);
  return entries;
}

/**
 * The one encoding of a value. What may come from outside is checked before it gets here.
 * @throws InvariantError for what has no encoding: floats, integers beyond 64 bits, text that
 * `isText` refuses, nesting deeper than `limits.cborDepthMax`.
 */
export function encode(value: CborValue): Uint8Array {
  return writeCbor(value);
}

/**
 * Reads the one encoding of one value and nothing after it.
 * @param bytesMax longest input looked at, in bytes.
 * @param hasViews byte strings that come out are views of `bytes`, not copies.
 */
export function decode(
  bytes: Uint8Array,
  bytesMax: number = limits.cborBytesMax,
  hasViews = false,
): Result<CborValue, 'cbor'> {
  if (bytes.length > bytesMax) {
    return refuse('cbor', `${bytes.length} bytes, at most ${bytesMax} are read`);
  }
  const read = readCbor(bytes, hasViews);
  return read.ok ? accept(read.value) : refuse('cbor', read.detail);
}
