// SPDX-License-Identifier: Apache-2.0
// Deterministic CBOR (RFC 8949 §4.2.1), the form of everything that is signed or hashed: one value
// has one encoding, and only that one is read. No floats, no tags, no undefined, no indefinite
// lengths; map keys are integers or text. Invariant: decode(bytes) accepts => encode of its value
// equals bytes.

import { encode as encodeSorted } from 'cborg';
import { assert } from './assert.ts';
import { readCbor } from './cbor-read.ts';
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

/** Text that has one encoding: no lone surrogates (UTF-8 has none), no byte order mark at the start
 * (RFC 3629 §6 advises against it, and decoders differ in keeping it). */
export function isText(text: string): boolean {
  return text.isWellFormed() && !text.startsWith('\uFEFF');
}

/**
 * The one encoding of a value. What may come from outside is checked before it gets here.
 * @throws InvariantError for what has no encoding: floats, integers beyond 64 bits, text that
 * `isText` refuses, nesting deeper than `limits.cborDepthMax`.
 */
export function encode(value: CborValue): Uint8Array {
  const flaw = flawOf(value, 0);
  assert(flaw === undefined, `no CBOR is written for ${flaw}`);
  // A copy, for cborg writes into a pool that is shared: `.buffer` would show what others wrote.
  // Its result may be a Buffer, whose slice() is no copy.
  return new Uint8Array(encodeChecked(value));
}

/**
 * Reads the one encoding of one value and nothing after it.
 * @param bytesMax longest input looked at, in bytes.
 */
export function decode(
  bytes: Uint8Array,
  bytesMax: number = limits.cborBytesMax,
): Result<CborValue, 'cbor'> {
  if (bytes.length > bytesMax) {
    return refuse('cbor', `${bytes.length} bytes, at most ${bytesMax} are read`);
  }
  const read = readCbor(bytes);
  return read.ok ? accept(read.value) : refuse('cbor', read.detail);
}

/** cborg's own key order (major type, then length, then bytes) is that of RFC 8949 §4.2.1 for
 * keys that are integers or text, and several times as fast as its `rfc8949EncodeOptions`. */
function encodeChecked(value: CborValue): Uint8Array {
  return encodeSorted(value);
}

/** Says why the value has no encoding, undefined where it has one. */
function flawOf(value: CborValue, depth: number): string | undefined {
  switch (typeof value) {
    case 'number':
      return Number.isSafeInteger(value) ? undefined : `the number ${value}`;
    case 'bigint':
      return value >= -(2n ** 64n) && value < 2n ** 64n ? undefined : `the integer ${value}`;
    case 'string':
      return isText(value) ? undefined : 'text that has no UTF-8 form of its own';
    case 'boolean':
      return undefined;
    case 'object':
      return value === null || value instanceof Uint8Array
        ? undefined
        : flawInside(value, depth + 1);
    default:
      return `a value of type ${typeof value}`;
  }
}

function flawInside(value: readonly CborValue[] | CborMap, depth: number): string | undefined {
  if (depth > limits.cborDepthMax) return `nesting deeper than ${limits.cborDepthMax}`;
  const isMap = value instanceof Map;
  if (!isMap && !Array.isArray(value)) return 'an object that is no Map, array or Uint8Array';
  for (const member of value.values()) {
    const flaw = flawOf(member, depth);
    if (flaw !== undefined) return flaw;
  }
  if (!isMap) return undefined;
  for (const key of value.keys()) {
    const flaw = isKey(key) ? flawOf(key, depth) : `a map key of type ${typeof key}`;
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

function isKey(key: unknown): boolean {
  return typeof key === 'number' || typeof key === 'string';
}
