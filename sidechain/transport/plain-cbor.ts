// SPDX-License-Identifier: Apache-2.0
// CBOR of frames, by cbor-x, which is fast: a frame is neither signed nor hashed, so that it need
// not be deterministic. What comes in is looked over first, and only plain values reach the
// decoder: left to itself it would follow tags, and build dates, errors, even functions, as the
// bytes ask for.

import { Encoder } from 'cbor-x';
import type { CborValue } from '../../base/cbor.ts';
import { accept, messageOf, type Result, refuse } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';

/** copyBuffers: an entry that is kept must not hold on to the whole frame that it came in. */
const encoder = new Encoder({
  useRecords: false,
  mapsAsObjects: false,
  tagUint8Array: false,
  copyBuffers: true,
});

/** Of unsigned integers, byte strings, true, false, null, and lists of these. */
export function encodePlain(value: CborValue): Uint8Array {
  return encoder.encode(value);
}

/** attacker-controlled. `bytes` is no Buffer, whose slices are not copies. */
export function decodePlain(bytes: Uint8Array): Result<CborValue, 'cbor'> {
  const flaw = flawOf(bytes);
  if (flaw !== undefined) return refuse('cbor', flaw);
  try {
    return accept(encoder.decode(bytes) as CborValue);
  } catch (error) {
    return refuse('cbor', messageOf(error));
  }
}

/** Bytes of the argument that follow the first byte (RFC 8949 §3); longer ones we never write. */
const argumentBytes: Readonly<Record<number, 1 | 2 | 4>> = { 24: 1, 25: 2, 26: 4 };
const double = 0xfb;

/** Walks the heads of all values, over the content of byte strings. */
function flawOf(bytes: Uint8Array): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** Members that the open lists still wait for. */
  const open: number[] = [1];
  let at = 0;
  for (let count = 0; open.length > 0; count++) {
    if (count === limits.transportValuesMax) return `more than ${limits.transportValuesMax} values`;
    const head = headAt(view, at);
    if (typeof head === 'string') return head;
    at = head.end;
    if (at > bytes.length) return 'it ends within a value';
    open.push((open.pop() ?? 0) - 1);
    if (head.members > bytes.length - at) return 'a list is longer than the rest';
    if (head.members > 0) open.push(head.members);
    if (open.length > limits.transportDepthMax + 1) return 'lists are nested too deep';
    while (open.at(-1) === 0) open.pop();
  }
  return at === bytes.length ? undefined : `${bytes.length - at} bytes after the end`;
}

type Head = { readonly end: number; readonly members: number };

/** Where the value ends, or the first of its members begins. */
function headAt(view: DataView, at: number): Head | string {
  if (at >= view.byteLength) return 'it ends before its last value';
  const first = view.getUint8(at);
  if (first === double) return doubleAt(view, at);
  const major = first >> 5;
  const short = first & 31;
  if (major === 7) {
    return short >= 20 && short <= 22 ? { end: at + 1, members: 0 } : `simple value ${short}`;
  }
  if (major !== 0 && major !== 2 && major !== 4) return `major type ${major}`;
  const length = short < 24 ? 0 : argumentBytes[short];
  if (length === undefined) return `additional information ${short}`;
  const end = at + 1 + length;
  if (end > view.byteLength) return 'it ends within a value';
  const argument = length === 0 ? short : argumentAt(view, at + 1, length);
  return { end: major === 2 ? end + argument : end, members: major === 4 ? argument : 0 };
}

function argumentAt(view: DataView, at: number, length: 1 | 2 | 4): number {
  if (length === 1) return view.getUint8(at);
  return length === 2 ? view.getUint16(at) : view.getUint32(at);
}

/** cbor-x writes integers of more than 32 bits as doubles. No other double is read. */
function doubleAt(view: DataView, at: number): Head | string {
  const end = at + 9;
  if (end > view.byteLength) return 'it ends within a value';
  const value = view.getFloat64(at + 1);
  return Number.isSafeInteger(value) && value >= 2 ** 32 ? { end, members: 0 } : 'a fraction';
}
