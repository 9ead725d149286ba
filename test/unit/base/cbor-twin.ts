// SPDX-License-Identifier: Apache-2.0
// The slow twin of the CBOR encoder: RFC 8949 §3 and §4.2.1 written down as they read.

import { compare, concat, utf8 } from '../../../base/bytes.ts';
import type { CborValue } from '../../../base/cbor.ts';

export function encodeSlowly(value: CborValue): Uint8Array {
  if (value === false) return Uint8Array.of(0xf4);
  if (value === true) return Uint8Array.of(0xf5);
  if (value === null) return Uint8Array.of(0xf6);
  if (typeof value === 'number' || typeof value === 'bigint') {
    return value >= 0 ? head(0, BigInt(value)) : head(1, -1n - BigInt(value));
  }
  if (value instanceof Uint8Array) return concat(head(2, value.length), value);
  if (typeof value === 'string') return concat(head(3, utf8(value).length), utf8(value));
  if (value instanceof Map) {
    const pairs = [...value].map(([key, member]) => [encodeSlowly(key), encodeSlowly(member)]);
    pairs.sort(([a], [b]) => compare(a as Uint8Array, b as Uint8Array));
    return concat(head(5, pairs.length), ...pairs.flat());
  }
  const members = value as readonly CborValue[];
  return concat(head(4, members.length), ...members.map(encodeSlowly));
}

function head(majorType: number, argument: number | bigint): Uint8Array {
  const digits = BigInt(argument);
  const first = majorType << 5;
  if (digits < 24n) return Uint8Array.of(first | Number(digits));
  for (const [additional, width] of [
    [24, 1],
    [25, 2],
    [26, 4],
    [27, 8],
  ] as const) {
    if (digits >= 1n << BigInt(8 * width)) continue;
    const argumentBytes = Uint8Array.from({ length: width }, (_, i) =>
      Number((digits >> BigInt(8 * (width - 1 - i))) & 0xffn),
    );
    return concat(Uint8Array.of(first | additional), argumentBytes);
  }
  throw new RangeError(`${argument} does not fit into 64 bits`);
}
