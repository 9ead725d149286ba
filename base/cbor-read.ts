// SPDX-License-Identifier: Apache-2.0
// Reads the one deterministic encoding (RFC 8949 §4.2.1) of a value, in one pass: shortest heads, definite
// lengths, keys that are integers or text in ascending order of their bytes, well-formed UTF-8; no
// floats, tags or undefined. Invariant: what is accepted, `encode` (cbor.ts) writes again byte for byte.

import type { CborValue } from './cbor.ts';
import { limits } from './limits.ts';

/** What is wrong with the bytes; only ever thrown to `readCbor`. */
class Flaw extends Error {}

export type CborRead =
  | { readonly ok: true; readonly value: CborValue }
  | { readonly ok: false; readonly detail: string };

/**
 * Bytes are attacker-controlled. What comes out holds no view of them, unless `hasViews`: then byte
 * strings are views, for who keeps the bytes anyway, or nothing for long.
 */
export function readCbor(bytes: Uint8Array, hasViews = false): CborRead {
  const reader = new Reader(bytes, hasViews);
  try {
    const value = reader.value(0);
    const restCount = bytes.length - reader.at;
    return restCount === 0
      ? { ok: true, value }
      : { ok: false, detail: `${restCount} bytes after the end of the value` };
  } catch (error) {
    if (error instanceof Flaw) return { ok: false, detail: error.message };
    throw error;
  }
}

const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Texts up to here are put together byte by byte where they are ASCII: a decoder's call costs more. */
const shortText = 32;

class Reader {
  readonly #bytes: Uint8Array;
  readonly #hasViews: boolean;
  /** Place of the next byte. */
  at = 0;
  #valueCount = 0;

  constructor(bytes: Uint8Array, hasViews: boolean) {
    // Of a Buffer, slice() would be a view.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#hasViews = hasViews;
  }

  value(depth: number): CborValue {
    this.#valueCount += 1;
    if (this.#valueCount > limits.cborValuesMax) {
      throw new Flaw(`more than ${limits.cborValuesMax} values`);
    }
    const first = this.#byte();
    const info = first & 0x1f;
    switch (first >> 5) {
      case 0:
        return this.#argument(info);
      case 1:
        return negative(this.#argument(info));
      case 2:
        return this.#byteString(this.#length(info));
      case 3:
        return this.#text(this.#length(info));
      case 4:
        return this.#array(this.#length(info), depth + 1);
      case 5:
        return this.#map(this.#length(info), depth + 1);
      case 6:
        throw new Flaw('a tag, which is not allowed');
      default:
        return simple(info);
    }
  }

  #byteString(length: number): Uint8Array {
    const bytes = this.#take(length);
    return this.#hasViews ? bytes : bytes.slice();
  }

  #array(count: number, depth: number): readonly CborValue[] {
    this.#assertRoom(count, depth);
    const members: CborValue[] = [];
    for (let i = 0; i < count; i++) members.push(this.value(depth));
    return members;
  }

  #map(count: number, depth: number): ReadonlyMap<number | string, CborValue> {
    this.#assertRoom(2 * count, depth);
    const members = new Map<number | string, CborValue>();
    let before = this.at;
    let beforeEnd = this.at;
    for (let i = 0; i < count; i++) {
      const start = this.at;
      const key = this.value(depth);
      if (typeof key !== 'number' && typeof key !== 'string') {
        throw new Flaw('a map key that is neither text nor an integer of at most 53 bits');
      }
      if (i > 0 && !this.#isAscending({ start: before, end: beforeEnd }, { start, end: this.at })) {
        throw new Flaw('map keys that are not in ascending order, each once');
      }
      before = start;
      beforeEnd = this.at;
      members.set(key, this.value(depth));
    }
    return members;
  }

  /** A claim of more values than there are bytes must cost nothing. */
  #assertRoom(count: number, depth: number): void {
    if (depth > limits.cborDepthMax) throw new Flaw(`nested deeper than ${limits.cborDepthMax}`);
    if (count > this.#bytes.length - this.at) throw new Flaw(endsEarly);
  }

  #isAscending(
    one: { readonly start: number; readonly end: number },
    other: { readonly start: number; readonly end: number },
  ): boolean {
    const bytes = this.#bytes;
    const length = Math.min(one.end - one.start, other.end - other.start);
    for (let i = 0; i < length; i++) {
      const difference = (bytes[other.start + i] ?? 0) - (bytes[one.start + i] ?? 0);
      if (difference !== 0) return difference > 0;
    }
    return other.end - other.start > one.end - one.start;
  }

  #text(length: number): string {
    const bytes = this.#take(length);
    if (length <= shortText) {
      let text = '';
      let i = 0;
      for (; i < length; i++) {
        const code = bytes[i] ?? 0;
        if (code >= 0x80) break;
        text += String.fromCharCode(code);
      }
      if (i === length) return text;
    }
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
      throw new Flaw('text that begins with a byte order mark');
    }
    try {
      return utf8Decoder.decode(bytes);
    } catch {
      throw new Flaw('text that is not UTF-8');
    }
  }

  #length(info: number): number {
    const length = this.#argument(info);
    // Longer than any input: it cannot be there.
    if (typeof length === 'bigint') throw new Flaw(endsEarly);
    return length;
  }

  /** A number where that is exact, else a bigint. */
  #argument(info: number): number | bigint {
    if (info < 24) return info;
    const bytes = this.#bytes;
    const { at } = this;
    switch (info) {
      case 24: {
        this.#skip(1);
        return shortest(bytes[at] as number, 24);
      }
      case 25: {
        this.#skip(2);
        return shortest((bytes[at] as number) * 0x100 + (bytes[at + 1] as number), 0x100);
      }
      case 26: {
        this.#skip(4);
        return shortest(uint32At(bytes, at), 0x1_0000);
      }
      case 27: {
        this.#skip(8);
        const argument = shortest(
          uint32At(bytes, at) * uint32End + uint32At(bytes, at + 4),
          uint32End,
        );
        if (argument <= Number.MAX_SAFE_INTEGER) return argument;
        return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(at);
      }
      default:
        throw new Flaw('a length that is not stated, or a head that means nothing');
    }
  }

  #skip(length: number): void {
    this.at += length;
    if (this.at > this.#bytes.length) throw new Flaw(endsEarly);
  }

  #byte(): number {
    const byte = this.#bytes[this.at];
    if (byte === undefined) throw new Flaw(endsEarly);
    this.at += 1;
    return byte;
  }

  /** A view, for as long as this reads. */
  #take(length: number): Uint8Array {
    const end = this.at + length;
    if (end > this.#bytes.length) throw new Flaw(endsEarly);
    const bytes = this.#bytes.subarray(this.at, end);
    this.at = end;
    return bytes;
  }
}

const endsEarly = 'it ends within a value';

const uint32End = 2 ** 32;

function uint32At(bytes: Uint8Array, at: number): number {
  const high = (bytes[at] as number) * 0x100 + (bytes[at + 1] as number);
  return high * 0x1_0000 + (bytes[at + 2] as number) * 0x100 + (bytes[at + 3] as number);
}

/** `least` is the smallest number that needs as many bytes. */
function shortest(argument: number, least: number): number {
  if (argument < least) throw new Flaw('a number not in its shortest form');
  return argument;
}

/** −1 − n; exact as a number only down to −(2^53 − 1). */
function negative(argument: number | bigint): number | bigint {
  return typeof argument === 'number' && argument < Number.MAX_SAFE_INTEGER
    ? -1 - argument
    : -1n - BigInt(argument);
}

function simple(info: number): boolean | null {
  switch (info) {
    case 20:
      return false;
    case 21:
      return true;
    case 22:
      return null;
    default:
      throw new Flaw('a float, undefined, or another simple value, which is not allowed');
  }
}
