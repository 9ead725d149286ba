// SPDX-License-Identifier: Apache-2.0
// Messages made smaller for their way: a zlib stream (RFC 1950), told from a plain message by its
// first byte. Nothing that is signed or hashed is packed: who receives a message unpacks it first.

import { constants, deflateSync, inflateSync } from 'node:zlib';
import { limits } from '../base/limits.ts';

/** First byte of a zlib stream with a window of 32 KB; no map, array or tag of CBOR begins so. */
const zlibHead = 0x78;

/** What is unpacked at a time: twice what came is mostly all of it. */
const smallestChunk = 1_024;
const largestChunk = 16_384;

/** As a zlib stream where that is shorter, else as it is. */
export function pack(message: Uint8Array): Uint8Array {
  const packed = deflateSync(message, { level: constants.Z_BEST_COMPRESSION });
  return packed.length < message.length ? new Uint8Array(packed) : message;
}

/**
 * The message as it was before `pack`; undefined where it is no zlib stream, is followed by anything,
 * or makes more than `limits.messageBytesMax` bytes. Attacker-controlled.
 */
export function unpack(received: Uint8Array): Uint8Array | undefined {
  if (received[0] !== zlibHead) return received;
  try {
    // Node would take 16 KB for each. With `info` it says how much of the input it has used.
    const chunkSize = Math.max(smallestChunk, Math.min(2 * received.length, largestChunk));
    const options = { maxOutputLength: limits.messageBytesMax, chunkSize, info: true } as const;
    const { buffer, engine } = inflateSync(received, options) as unknown as {
      readonly buffer: Uint8Array;
      readonly engine: { readonly bytesWritten: number };
    };
    return engine.bytesWritten === received.length ? new Uint8Array(buffer) : undefined;
  } catch {
    return undefined;
  }
}
