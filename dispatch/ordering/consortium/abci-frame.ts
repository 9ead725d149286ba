// SPDX-License-Identifier: Apache-2.0
// Messages of the ABCI socket protocol in a stream of bytes: each one after its length, an unsigned
// varint of protobuf.

import { concat } from '../../../base/bytes.ts';
import { accept, type Result, refuse } from '../../../base/errors.ts';
import { limits } from '../../../base/limits.ts';

/** Bytes of a length that is still read: 7 bits in each. */
const prefixBytesMax = 5;

export function frameOf(message: Uint8Array): Uint8Array {
  const prefix: number[] = [];
  let rest = message.length;
  while (rest >= 0x80) {
    prefix.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return concat(Uint8Array.of(...prefix, rest), message);
}

export class FrameReader {
  #chunks: Uint8Array[] = [];
  #byteCount = 0;
  /** Bytes that have to be there before it is worth looking again. */
  #wanted = 1;

  /** Messages that are whole with this chunk, in order; after a refusal the stream is lost. */
  push(chunk: Uint8Array): Result<readonly Uint8Array[], 'frame'> {
    this.#chunks.push(chunk);
    this.#byteCount += chunk.length;
    if (this.#byteCount < this.#wanted) return accept([]);
    let bytes = this.#chunks.length === 1 ? chunk : concat(...this.#chunks);
    const messages: Uint8Array[] = [];
    for (;;) {
      const length = lengthAt(bytes);
      if (!length.ok) return length;
      const { prefixBytes, messageBytes } = length.value;
      const end = prefixBytes + messageBytes;
      this.#wanted = prefixBytes === 0 ? bytes.length + 1 : end;
      if (prefixBytes === 0 || bytes.length < end) break;
      messages.push(bytes.subarray(prefixBytes, end));
      bytes = bytes.subarray(end);
    }
    this.#chunks = [bytes];
    this.#byteCount = bytes.length;
    return accept(messages);
  }
}

/** `prefixBytes` is 0 where the length itself is not there yet. */
function lengthAt(
  bytes: Uint8Array,
): Result<{ readonly prefixBytes: number; readonly messageBytes: number }, 'frame'> {
  let messageBytes = 0;
  for (let i = 0; i < prefixBytesMax; i++) {
    const byte = bytes[i];
    if (byte === undefined) return accept({ prefixBytes: 0, messageBytes: 0 });
    messageBytes += (byte % 0x80) * 2 ** (7 * i);
    if (byte >= 0x80) continue;
    if (messageBytes > limits.abciMessageBytesMax) break;
    return accept({ prefixBytes: i + 1, messageBytes });
  }
  return refuse('frame', `a message of more than ${limits.abciMessageBytesMax} bytes`);
}
