// SPDX-License-Identifier: Apache-2.0
// Writes the one deterministic encoding (RFC 8949 §4.2.1) of a value, in one pass: shortest heads, definite
// lengths, map keys in ascending order of their bytes. Invariant: what is written, `readCbor` reads back.

import { InvariantError } from './assert.ts';
import { compare } from './bytes.ts';
import type { CborMap, CborValue } from './cbor.ts';
import { limits } from './limits.ts';
import { isText } from './text.ts';

/** Room that is kept from one call to the next; more is made where it is needed, and let go of. */
const roomBytes = 64 * 1024;
const keptRoom = new Uint8Array(roomBytes);

const utf8Encoder = new TextEncoder();

/** Texts up to here are written byte by byte where they are ASCII: an encoder's call costs more. */
const shortText = 48;

const uint32End = 2 ** 32;
const uint64End = 2n ** 64n;

/** @throws InvariantError for what has no encoding. */
export function writeCbor(value: CborValue): Uint8Array {
  const writer = new Writer(keptRoom);
  writer.value(value, 0);
  return writer.written();
}

class Writer {
  #room: Uint8Array;
  #at = 0;

  constructor(room: Uint8Array) {
    this.#room = room;
  }

  /** In an array of its own. */
  written(): Uint8Array {
    return this.#room.slice(0, this.#at);
  }

  value(value: CborValue, depth: number): void {
    switch (typeof value) {
      case 'number':
        this.#number(value);
        return;
      case 'bigint':
        this.#bigint(value);
        return;
      case 'string':
        this.#text(value);
        return;
      case 'boolean':
        this.#byte(value ? 0xf5 : 0xf4);
        return;
      case 'object':
        if (value === null) this.#byte(0xf6);
        else if (value instanceof Uint8Array) this.#bytes(2, value);
        else this.#inside(value, depth + 1);
        return;
      default:
        throw unwritable(`a value of type ${typeof value}`);
    }
  }

  #inside(value: readonly CborValue[] | CborMap, depth: number): void {
    if (depth > limits.cborDepthMax) {
      throw unwritable(`nesting deeper than ${limits.cborDepthMax}`);
    }
    if (Array.isArray(value)) {
      this.#head(4, value.length);
      for (let i = 0; i < value.length; i++) this.value(value[i], depth);
    } else if (value instanceof Map) {
      this.#map(value, depth);
    } else throw unwritable('an object that is no Map, array or Uint8Array');
  }

  #map(value: CborMap, depth: number): void {
    this.#head(5, value.size);
    if (isInOrder(value)) {
      for (const [key, member] of value) {
        this.#head(0, key as number);
        this.value(member, depth);
      }
      return;
    }
    const pairs = [...value].map(([key, member]) => ({ key: encodedKey(key), member }));
    pairs.sort((a, b) => compare(a.key, b.key));
    for (const { key, member } of pairs) {
      this.#raw(key);
      this.value(member, depth);
    }
  }

  #number(value: number): void {
    if (!Number.isSafeInteger(value)) throw unwritable(`the number ${value}`);
    if (value >= 0) this.#head(0, value);
    else this.#head(1, -1 - value);
  }

  #bigint(value: bigint): void {
    if (value < -uint64End || value >= uint64End) throw unwritable(`the integer ${value}`);
    const major = value < 0n ? 1 : 0;
    const argument = value < 0n ? -1n - value : value;
    if (argument < BigInt(uint32End)) {
      this.#head(major, Number(argument));
      return;
    }
    this.#reserve(9);
    this.#room[this.#at] = (major << 5) | 27;
    new DataView(this.#room.buffer).setBigUint64(this.#at + 1, argument);
    this.#at += 9;
  }

  #text(text: string): void {
    if (text.length <= shortText && this.#ascii(text)) return;
    if (!isText(text)) throw unwritable('text that has no UTF-8 form of its own');
    this.#bytes(3, utf8Encoder.encode(text));
  }

  /** @returns false where the text is not ASCII; then nothing was written. */
  #ascii(text: string): boolean {
    const { length } = text;
    this.#reserve(headBytesMax + length);
    const before = this.#at;
    this.#head(3, length);
    const room = this.#room;
    const at = this.#at;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) {
        this.#at = before;
        return false;
      }
      room[at + i] = code;
    }
    this.#at = at + length;
    return true;
  }

  #bytes(major: number, bytes: Uint8Array): void {
    this.#head(major, bytes.length);
    this.#raw(bytes);
  }

  #raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#room.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#room[this.#at++] = byte;
  }

  /** `argument` is a safe integer, 0 or more. */
  #head(majorType: number, argument: number): void {
    this.#reserve(headBytesMax);
    const room = this.#room;
    const major = majorType << 5;
    if (argument < 24) {
      room[this.#at++] = major | argument;
    } else if (argument < 0x100) {
      room[this.#at++] = major | 24;
      room[this.#at++] = argument;
    } else if (argument < 0x1_0000) {
      room[this.#at++] = major | 25;
      room[this.#at++] = argument >>> 8;
      room[this.#at++] = argument;
    } else if (argument < uint32End) {
      room[this.#at++] = major | 26;
      this.#uint32(argument);
    } else {
      room[this.#at++] = major | 27;
      this.#uint32(Math.floor(argument / uint32End));
      this.#uint32(argument % uint32End);
    }
  }

  /** Into room that there is. */
  #uint32(value: number): void {
    const room = this.#room;
    room[this.#at++] = value >>> 24;
    room[this.#at++] = value >>> 16;
    room[this.#at++] = value >>> 8;
    room[this.#at++] = value;
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed <= this.#room.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#room.length));
    larger.set(this.#room.subarray(0, this.#at));
    this.#room = larger;
  }
}

const headBytesMax = 9;

/** Keys that are 0 or more and ascend, as those of our records do: they stand as they are. */
function isInOrder(value: CborMap): boolean {
  let before = -1;
  for (const key of value.keys()) {
    if (typeof key !== 'number' || !Number.isSafeInteger(key) || key <= before) return false;
    before = key;
  }
  return true;
}

function encodedKey(key: unknown): Uint8Array {
  if (typeof key !== 'number' && typeof key !== 'string') {
    throw unwritable(`a map key of type ${typeof key}`);
  }
  // Not into the room that its map is written to.
  const writer = new Writer(new Uint8Array(2 * headBytesMax));
  writer.value(key, 0);
  return writer.written();
}

function unwritable(what: string): InvariantError {
  return new InvariantError(`no CBOR is written for ${what}`);
}
