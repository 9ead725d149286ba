// SPDX-License-Identifier: Apache-2.0
// Transactions as bytes: a frame with length and checksum for each, one after the other. Reading
// them back tells a torn end from damage: the last frame may be half written, and was then promised
// to nobody; any other that does not fit its checksum was whole once, and whoever reads on without
// it forgets what it promised.

import { crc32 } from 'node:zlib';
import { assert } from '../../../base/assert.ts';
import { fromHex, toHex } from '../../../base/bytes.ts';
import type { Entry } from '../../../sidechain/raft/entry.ts';
import type { DurableImage, Transaction } from './durable-image.ts';

const headerBytes = 8;

export function encodeFrame(transaction: Transaction): Uint8Array {
  const payload = new TextEncoder().encode(
    JSON.stringify(transaction, (_, value) =>
      value instanceof Uint8Array ? `hex ${toHex(value)}` : value,
    ),
  );
  const frame = new Uint8Array(headerBytes + payload.length);
  const header = new DataView(frame.buffer);
  header.setUint32(0, payload.length);
  header.setUint32(4, crc32(payload));
  frame.set(payload, headerBytes);
  return frame;
}

/** `undefined` unless every byte is as it was written. */
function decodeFrame(frame: Uint8Array): Transaction | undefined {
  if (frame.length < headerBytes) return undefined;
  const header = new DataView(frame.buffer, frame.byteOffset);
  const payload = frame.subarray(headerBytes);
  if (payload.length !== header.getUint32(0) || crc32(payload) !== header.getUint32(4)) {
    return undefined;
  }
  return JSON.parse(new TextDecoder().decode(payload), (key, value) =>
    key === 'data' && typeof value === 'string' ? bytesOf(value) : value,
  );
}

function bytesOf(text: string): Entry['data'] {
  const bytes = fromHex(text.slice('hex '.length));
  assert(bytes !== undefined, 'data are written in hexadecimal digits');
  return bytes;
}

export type Recovered =
  | { readonly kind: 'sound'; readonly image: DurableImage }
  | { readonly kind: 'damaged' };

/** What a start finds, on top of what the file was last folded into. */
export function recover(folded: DurableImage, frames: readonly Uint8Array[]): Recovered {
  const image = folded.copy();
  for (const [i, frame] of frames.entries()) {
    const transaction = decodeFrame(frame);
    if (transaction === undefined) {
      const isLast = i === frames.length - 1;
      if (!isLast) return { kind: 'damaged' };
      break;
    }
    image.commit(transaction);
  }
  return { kind: 'sound', image };
}
