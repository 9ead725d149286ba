// SPDX-License-Identifier: Apache-2.0
// Frames of DL/T 645-2007 (section 5): pure. A frame is `68 address 68 control length data checksum
// 16`, its data sent with 33h added to each byte. An address may hold 68h: a frame is one only when
// everything about it fits, so that the search goes on behind what is none.

import { assert } from '../../base/assert.ts';
import { concat, fromHex, toHex } from '../../base/bytes.ts';

export type Frame = {
  /** Twelve digits, as printed on the meter; `a` in each for "whoever is there". */
  readonly address: string;
  readonly control: number;
  /** As meant: without the 33h. */
  readonly data: Uint8Array;
};

/** What a stream of bytes holds from some place on. */
export type FrameSearch =
  | { readonly kind: 'frame'; readonly frame: Frame; readonly end: number }
  /** No whole frame: more may come. */
  | { readonly kind: 'open' }
  /** One that was damaged on the way, and nothing that more bytes could complete. */
  | { readonly kind: 'damaged' };

/** Asks whoever is there. */
export const anyAddress = 'a'.repeat(12);

const start = 0x68;
const end = 0x16;
const wakeUp = 0xfe;
const offset = 0x33;
const addressAt = 1;
const secondStartAt = 7;
const controlAt = 8;
const lengthAt = 9;
const dataAt = 10;
const addressLength = 6;
const dataLengthMax = 200;

/** Around the data. */
const frameOverhead = 12;
const preambleLength = 4;

/** Of a frame with its preamble. */
export function sentLength(dataLength: number): number {
  return preambleLength + frameOverhead + dataLength;
}

export function isAddress(text: string): boolean {
  return /^\d{12}$/.test(text);
}

/** @throws InvariantError for data that no frame can hold */
export function encodeFrame({ address, control, data }: Frame): Uint8Array {
  const bytes = fromHex(address);
  assert(bytes?.length === addressLength, `an address has 12 digits, not ${address}`);
  assert(data.length <= dataLengthMax, `a frame holds ${dataLengthMax} bytes of data`);
  const body = concat(
    Uint8Array.of(start, ...bytes.toReversed(), start, control, data.length),
    data.map((byte) => byte + offset),
  );
  return concat(body, Uint8Array.of(checksum(body), end));
}

/** The frame as it is sent: the preamble wakes the receiver. */
export function withPreamble(frame: Uint8Array): Uint8Array {
  return concat(new Uint8Array(preambleLength).fill(wakeUp), frame);
}

/** Bytes are attacker-controlled. */
export function findFrame(bytes: Uint8Array, from = 0): FrameSearch {
  let [open, damaged] = [false, false];
  for (let at = from; at < bytes.length; at++) {
    if (bytes[at] !== start) continue;
    const candidate = frameAt(bytes.subarray(at));
    if (typeof candidate === 'object') {
      const { frame, length } = candidate;
      return { kind: 'frame', frame, end: at + length };
    }
    open ||= candidate === 'open';
    damaged ||= candidate === 'damaged';
  }
  return damaged && !open ? { kind: 'damaged' } : { kind: 'open' };
}

/** `none`: no frame begins here. */
function frameAt(
  bytes: Uint8Array,
): { readonly frame: Frame; readonly length: number } | 'open' | 'none' | 'damaged' {
  const second = bytes[secondStartAt];
  if (second === undefined) return 'open';
  if (second !== start) return 'none';
  const dataLength = bytes[lengthAt];
  if (dataLength === undefined) return 'open';
  if (dataLength > dataLengthMax) return 'none';
  const length = frameOverhead + dataLength;
  if (bytes.length < length) return 'open';
  const sum = bytes[length - 2];
  if (bytes[length - 1] !== end || sum !== checksum(bytes.subarray(0, length - 2))) {
    return 'damaged';
  }
  const address = toHex(bytes.slice(addressAt, secondStartAt).toReversed());
  // Uint8Array arithmetic is modulo 256, as the standard's is.
  const data = bytes.slice(dataAt, dataAt + dataLength).map((byte) => byte - offset);
  return { frame: { address, control: bytes[controlAt] as number, data }, length };
}

/** Sum modulo 256, from the first 68h on; the preamble does not count. */
function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return sum & 0xff;
}
