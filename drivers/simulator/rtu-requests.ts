// SPDX-License-Identifier: Apache-2.0
// The slave's side of RTU framing: finds requests in a stream of bytes. Lengths follow from the
// function code; what does not make sense is dropped until the line falls silent, as a meter does.

import { concat } from '../../base/bytes.ts';
import { limits } from '../../base/limits.ts';
import { hasGoodCrc } from '../modbus/rtu-frame.ts';

export type RtuRequest = { readonly unit: number; readonly pdu: Uint8Array };

const shortRequestLength = 8;
const writeMultipleHeader = 9;

export class RtuRequests {
  #pending: Uint8Array = new Uint8Array();
  #lost = false;

  /** The requests that are complete now. */
  push(bytes: Uint8Array): readonly RtuRequest[] {
    if (this.#lost) return [];
    this.#pending = concat(this.#pending, bytes);
    const requests: RtuRequest[] = [];
    for (let length = this.#length(); length !== undefined; length = this.#length()) {
      const frame = this.#pending.slice(0, length);
      if (!hasGoodCrc(frame)) {
        this.#lost = true;
        break;
      }
      requests.push({ unit: frame[0] as number, pdu: frame.subarray(1, -2) });
      this.#pending = this.#pending.slice(length);
    }
    if (this.#pending.length > limits.modbusFrameBytesMax) this.#lost = true;
    return requests;
  }

  /** The line has been silent: what was begun will not be ended. */
  silence(): void {
    this.#pending = new Uint8Array();
    this.#lost = false;
  }

  /** Of the frame that has begun; undefined while it is incomplete. */
  #length(): number | undefined {
    const [, functionCode, , , , , byteCount] = this.#pending;
    if (functionCode === undefined) return undefined;
    let length = shortRequestLength;
    if (functionCode === 15 || functionCode === 16) {
      if (byteCount === undefined) return undefined;
      length = writeMultipleHeader + byteCount;
    }
    return this.#pending.length >= length ? length : undefined;
  }
}
