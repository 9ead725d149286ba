// SPDX-License-Identifier: Apache-2.0
// Frames in a stream of bytes: four bytes of length, big-endian, one of type, then the payload. The length
// counts type and payload, and is judged before any of them is waited for.

import { concat, u32 } from '../../base/bytes.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';

export type Frame = { readonly type: number; readonly payload: Uint8Array };

const headerBytes = 4;
/** Room that is kept, so that small frames need no new memory. */
const roomBytes = 16 * 1024;

export function encodeFrame({ type, payload }: Frame): Uint8Array {
  return concat(u32(payload.length + 1), Uint8Array.of(type), payload);
}

/** Takes the stream as it comes, in pieces of any size, and gives whole frames. What has come stands in
 * one piece of memory, at most twice as large: a peer that sends byte by byte does not make us keep an
 * object for each. */
export class FrameReader {
  /** The longest frame that is read, in bytes without its length. */
  bytesMax: number;
  #room = new Uint8Array();
  #start = 0;
  #end = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  push(chunk: Uint8Array): void {
    if (this.#start === this.#end) this.#clear();
    if (this.#end + chunk.length > this.#room.length) this.#makeRoom(chunk.length);
    this.#room.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** The next frame, `undefined` until it is whole; its payload stays as it is until the next `push`.
   * After a refusal the stream makes no more sense. */
  next(): Result<Frame | undefined, 'length'> {
    const held = this.#end - this.#start;
    if (held < headerBytes) return accept(undefined);
    const length = new DataView(this.#room.buffer).getUint32(this.#start);
    if (length < 1 || length > this.bytesMax) {
      return refuse('length', `a frame of ${length} bytes, at most ${this.bytesMax} are read`);
    }
    if (held < headerBytes + length) return accept(undefined);
    const start = this.#start + headerBytes;
    this.#start = start + length;
    const payload = this.#room.subarray(start + 1, this.#start);
    return accept({ type: this.#room[start] ?? 0, payload });
  }

  /** The room of a large frame is not kept. */
  #clear(): void {
    this.#start = 0;
    this.#end = 0;
    if (this.#room.length > 2 * roomBytes) this.#room = new Uint8Array();
  }

  /** Moves what is held to the beginning, of a larger place if need be. */
  #makeRoom(chunkBytes: number): void {
    const held = this.#room.subarray(this.#start, this.#end);
    const needed = held.length + chunkBytes;
    if (needed > this.#room.length) {
      this.#room = new Uint8Array(Math.max(2 * needed, roomBytes));
      this.#room.set(held);
    } else this.#room.copyWithin(0, this.#start, this.#end);
    this.#end = held.length;
    this.#start = 0;
  }
}
