// SPDX-License-Identifier: Apache-2.0
// The rule for what is read, as it is stated rather than as it is done: what a well-kept library reads
// strictly, and writes again byte for byte.

import { decodeFirst, encode, rfc8949EncodeOptions } from 'cborg';
import { equal } from '../../../base/bytes.ts';
import type { CborValue } from '../../../base/cbor.ts';
import { limits } from '../../../base/limits.ts';

const options = Object.freeze({
  strict: true,
  useMaps: true,
  rejectDuplicateMapKeys: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowNaN: false,
  allowInfinity: false,
  allowBigInt: true,
});

/** undefined where the bytes are refused. */
export function readByLibrary(bytes: Uint8Array): CborValue | undefined {
  try {
    const [value, rest] = decodeFirst(new Uint8Array(bytes), options);
    if (rest.length > 0 || !isOurs(value, 0)) return undefined;
    return equal(new Uint8Array(encode(value, rfc8949EncodeOptions)), bytes) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Kinds of values that we write. The library reads others, too. */
function isOurs(value: unknown, depth: number): boolean {
  if (depth > limits.cborDepthMax) return false;
  if (value === null || typeof value === 'boolean' || value instanceof Uint8Array) return true;
  if (typeof value === 'string') return !value.startsWith('\uFEFF');
  if (typeof value === 'bigint') return true;
  if (typeof value === 'number') return Number.isSafeInteger(value) && !Object.is(value, -0);
  const inside = (one: unknown) => isOurs(one, depth + 1);
  if (Array.isArray(value)) return depth < limits.cborDepthMax && value.every(inside);
  if (!(value instanceof Map) || depth >= limits.cborDepthMax) return false;
  const isKey = (key: unknown) => typeof key === 'number' || typeof key === 'string';
  return [...value].every(([key, member]) => isKey(key) && inside(key) && inside(member));
}
