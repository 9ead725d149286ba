// SPDX-License-Identifier: Apache-2.0
// DER (ITU-T X.690), written only, and only what a certificate of ours is made of. Values are whole
// elements: tag, length, content. Nothing is read here: OpenSSL does that.

import { assert } from '../../base/assert.ts';
import { concat, utf8 } from '../../base/bytes.ts';

/** Lengths up to 65,535, in their shortest form. */
function element(tag: number, content: Uint8Array): Uint8Array {
  const { length } = content;
  assert(length < 2 ** 16, 'a certificate is small');
  if (length < 0x80) return concat(Uint8Array.of(tag, length), content);
  if (length < 0x100) return concat(Uint8Array.of(tag, 0x81, length), content);
  return concat(Uint8Array.of(tag, 0x82, length >> 8, length & 0xff), content);
}

export function sequence(...members: readonly Uint8Array[]): Uint8Array {
  return element(0x30, concat(...members));
}

/** A set of one: more would have to be sorted. */
export function setOf(member: Uint8Array): Uint8Array {
  return element(0x31, member);
}

export function smallInteger(value: number): Uint8Array {
  assert(Number.isInteger(value) && value >= 0 && value < 0x80, 'an integer of seven bits');
  return element(0x02, Uint8Array.of(value));
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

/** `[number] EXPLICIT`. */
export function explicit(number: number, member: Uint8Array): Uint8Array {
  return element(0xa0 | number, member);
}
