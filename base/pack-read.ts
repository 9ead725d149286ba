// SPDX-License-Identifier: Apache-2.0
// Reads a pack in one pass, by its fixed shape: most of what a member reads is packs. It says less than the
// general reader (pack.ts), which says what is wrong, and decides. Invariant: what is read here the general
// reader reads, too, and alike.

import type { Clock, ClockState } from './clock-state.ts';
import type { SchemaId } from './ids.ts';
import { limits } from './limits.ts';
import type { Pack } from './pack.ts';
import { hasValue, isQualityCode, type QualityCode } from './quality.ts';

const clockStates: readonly ClockState[] = ['synchronised', 'free-running', 'unset'];

/** Of each byte that is a quality code: whether a value stands beside it. */
const besideCode: readonly (boolean | undefined)[] = Array.from({ length: 24 }, (_, code) =>
  isQualityCode(code) ? hasValue(code) : undefined,
);

/** Heads: a list of five, a byte string of 32 bytes, a list of two; null. */
const listOfFive = 0x85;
const byteString = 0x58;
const idBytes = 32;
const listOfTwo = 0x82;
const nothing = 0xf6;

const uint32End = 2 ** 32;

/** No argument of a head: they are integers, 0 or more. */
const none = -1;

/** undefined where this is not a pack, or the general reader has to say. */
export function readPack(bytes: Uint8Array): Pack | undefined {
  if (bytes.length > limits.packBytesMax) return undefined;
  if (bytes[0] !== listOfFive || bytes[1] !== byteString || bytes[2] !== idBytes) return undefined;
  return new PackReader(bytes, 3 + idBytes).pack();
}

class PackReader {
  readonly #bytes: Uint8Array;
  #at: number;

  /** @param at behind the schema id. */
  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  pack(): Pack | undefined {
    const timeMs = this.#argument(0);
    if (timeMs === none || timeMs > limits.unixMsMax) return undefined;
    const clock = this.#clock();
    if (clock === undefined) return undefined;
    const mantissas = this.#mantissas();
    if (mantissas === undefined) return undefined;
    const qualities = this.#qualities(mantissas);
    if (qualities === undefined || this.#at !== this.#bytes.length) return undefined;
    // Of a Buffer, slice() would be a view.
    const schemaId = new Uint8Array(this.#bytes.subarray(3, 3 + idBytes)) as SchemaId;
    return { schemaId, timeMs, clock, mantissas, qualities };
  }

  #clock(): Clock | undefined {
    if (this.#bytes[this.#at] !== listOfTwo) return undefined;
    const state = clockStates[this.#bytes[this.#at + 1] ?? none];
    this.#at += 2;
    if (state === undefined) return undefined;
    if (this.#bytes[this.#at] === nothing) {
      this.#at += 1;
      return { state, errorMs: null };
    }
    const errorMs = this.#argument(0);
    return errorMs === none ? undefined : { state, errorMs };
  }

  #mantissas(): readonly (number | null)[] | undefined {
    const count = this.#argument(4);
    if (count === none || count > limits.packValuesMax) return undefined;
    const mantissas: (number | null)[] = [];
    for (let i = 0; i < count; i++) {
      const first = this.#bytes[this.#at] ?? none;
      if (first === nothing) {
        this.#at += 1;
        mantissas.push(null);
        continue;
      }
      const major = first >> 5;
      if (major !== 0 && major !== 1) return undefined;
      const argument = this.#argument(major);
      if (argument === none) return undefined;
      // −1 − (2^53 − 1) is no number that is exact.
      if (major === 1 && argument === Number.MAX_SAFE_INTEGER) return undefined;
      mantissas.push(major === 0 ? argument : -1 - argument);
    }
    return mantissas;
  }

  #qualities(mantissas: readonly (number | null)[]): readonly QualityCode[] | undefined {
    if (this.#argument(4) !== mantissas.length) return undefined;
    const qualities: QualityCode[] = [];
    for (let i = 0; i < mantissas.length; i++) {
      // A code below 24 is its own head.
      const code = this.#bytes[this.#at] ?? none;
      if (besideCode[code] !== (mantissas[i] !== null)) return undefined;
      this.#at += 1;
      qualities.push(code as QualityCode);
    }
    return qualities;
  }

  /** Of the head that comes next, if it is of this type, in its shortest form, and exact as a number. */
  #argument(major: number): number {
    const bytes = this.#bytes;
    const first = bytes[this.#at] ?? none;
    if (first >> 5 !== major) return none;
    const info = first & 0x1f;
    if (info < 24) {
      this.#at += 1;
      return info;
    }
    if (info > 27) return none;
    const width = 1 << (info - 24);
    const end = this.#at + 1 + width;
    if (end > bytes.length) return none;
    let argument = 0;
    for (let at = this.#at + 1; at < end; at++) argument = argument * 256 + (bytes[at] as number);
    this.#at = end;
    return argument >= leastOfWidth(width) && argument <= Number.MAX_SAFE_INTEGER ? argument : none;
  }
}

/** The smallest number that needs so many bytes. */
function leastOfWidth(width: number): number {
  if (width === 1) return 24;
  if (width === 2) return 0x100;
  return width === 4 ? 0x1_0000 : uint32End;
}
