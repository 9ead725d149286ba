// SPDX-License-Identifier: Apache-2.0
// DER (ITU-T X.690), written only, and only what our certificates and revocation lists are made of.
// Values are whole elements: tag, length, content. Nothing is read here: OpenSSL does that.

import { assert } from './assert.ts';
import { concat, utf8 } from './bytes.ts';

/** Lengths up to 16 MiB, in their shortest form. */
function element(tag: number, content: Uint8Array): Uint8Array {
  const { length } = content;
  assert(length < 2 ** 24, 'a certificate is small, a revocation list not large');
  if (length < 0x80) return concat(Uint8Array.of(tag, length), content);
  if (length < 0x100) return concat(Uint8Array.of(tag, 0x81, length), content);
  if (length < 0x1_0000) {
    return concat(Uint8Array.of(tag, 0x82, length >> 8, length & 0xff), content);
  }
  const size = Uint8Array.of(length >> 16, (length >> 8) & 0xff, length & 0xff);
  return concat(Uint8Array.of(tag, 0x83), size, content);
}

export function sequence(...members: readonly Uint8Array[]): Uint8Array {
  return element(0x30, concat(...members));
}

/** A set of one: more would have to be sorted. */
export function setOf(member: Uint8Array): Uint8Array {
  return element(0x31, member);
}

/** From 0 to 2^31 − 1. */
export function integer(value: number): Uint8Array {
  assert(Number.isInteger(value) && value >= 0 && value < 2 ** 31, 'an integer of 31 bits');
  const bytes = [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff);
  // The shortest form that does not begin with the bit of the sign.
  while (bytes.length > 1 && bytes[0] === 0 && (bytes[1] ?? 0) < 0x80) bytes.shift();
  return element(0x02, Uint8Array.from(bytes));
}

export function isTrue(): Uint8Array {
  return element(0x01, Uint8Array.of(0xff));
}

/** `1.3.101.112`. */
export function objectIdentifier(text: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const arcs = [first * 40 + second, ...rest].map(inBase128);
  return element(0x06, concat(...arcs));
}

function inBase128(arc: number): Uint8Array {
  const digits = [arc & 0x7f];
  for (let rest = arc >>> 7; rest > 0; rest >>>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return Uint8Array.from(digits);
}

/** `unused`: bits of the last byte that do not count. */
export function bitString(bits: Uint8Array, unused = 0): Uint8Array {
  return element(0x03, concat(Uint8Array.of(unused), bits));
}

export function octetString(bytes: Uint8Array): Uint8Array {
  return element(0x04, bytes);
}

export function utf8String(text: string): Uint8Array {
  return element(0x0c, utf8(text));
}

/** `YYMMDDhhmmssZ`, for the years 1950 to 2049. */
export function utcTime(text: string): Uint8Array {
  return element(0x17, utf8(text));
}

/** `YYYYMMDDhhmmssZ`. */
export function generalizedTime(text: string): Uint8Array {
  return element(0x18, utf8(text));
}

/** `[number] IMPLICIT`, of a string. */
export function implicit(number: number, content: Uint8Array): Uint8Array {
  return element(0x80 | number, content);
}

/** `[number] EXPLICIT`. */
export function explicit(number: number, member: Uint8Array): Uint8Array {
  return element(0xa0 | number, member);
}
