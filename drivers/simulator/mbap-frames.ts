// SPDX-License-Identifier: Apache-2.0
// The server side of Modbus TCP framing (MBAP header): cuts a stream into requests. Bytes are
// anybody's.

import { concat } from '../../base/bytes.ts';
import { limits } from '../../base/limits.ts';

export type MbapRequest = {
  readonly transaction: number;
  readonly unit: number;
  readonly pdu: Uint8Array;
};

const headerLength = 7;
const lengthOffset = 4;
const lengthCounted = 6;

export class MbapFrames {
  #pending: Uint8Array = new Uint8Array();

  /** The requests that are complete now; undefined where the stream is no Modbus TCP: nothing after
   * that can be told apart. */
  push(bytes: Uint8Array): readonly MbapRequest[] | undefined {
    this.#pending = concat(this.#pending, bytes);
    const requests: MbapRequest[] = [];
    while (this.#pending.length >= headerLength) {
      const view = new DataView(this.#pending.buffer, this.#pending.byteOffset);
      const length = lengthCounted + view.getUint16(lengthOffset);
      const protocol = view.getUint16(2);
      if (protocol !== 0 || length <= headerLength || length > limits.modbusFrameBytesMax) {
        return undefined;
      }
      if (this.#pending.length < length) break;
      const pdu = this.#pending.slice(headerLength, length);
      requests.push({ transaction: view.getUint16(0), unit: view.getUint8(6), pdu });
      this.#pending = this.#pending.slice(length);
    }
    return requests;
  }
}

export function encodeMbap({ transaction, unit, pdu }: MbapRequest): Uint8Array {
  const frame = new Uint8Array(headerLength + pdu.length);
  const view = new DataView(frame.buffer);
  view.setUint16(0, transaction);
  view.setUint16(lengthOffset, pdu.length + 1);
  view.setUint8(6, unit);
  frame.set(pdu, headerLength);
  return frame;
}
