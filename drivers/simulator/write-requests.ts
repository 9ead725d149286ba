// SPDX-License-Identifier: Apache-2.0
// Requests to write, as a slave reads them, and two coils. Bytes are anybody's.

import { illegalDataAddress, illegalDataValue } from '../modbus/exception.ts';

export type RegisterWrite = { readonly address: number; readonly words: readonly number[] };

/** Functions 6 and 16; undefined where the request is none. */
export function parseWrite(request: Uint8Array): RegisterWrite | undefined {
  if (request.length < 5) return undefined;
  const view = new DataView(request.buffer, request.byteOffset, request.byteLength);
  const address = view.getUint16(1);
  if (request[0] === 6) {
    return request.length === 5 ? { address, words: [view.getUint16(3)] } : undefined;
  }
  const count = view.getUint16(3);
  if (request[5] !== 2 * count || request.length !== 6 + 2 * count) return undefined;
  return { address, words: Array.from({ length: count }, (_, i) => view.getUint16(6 + 2 * i)) };
}

/** Functions 1 and 15 on coils from address 0. */
export function answerCoils(request: Uint8Array, coils: [number, number]): Uint8Array {
  const [functionCode = 0] = request;
  const refusal = (code: number) => Uint8Array.of(functionCode | 0x80, code);
  if (request.length < 5) return refusal(illegalDataValue);
  const view = new DataView(request.buffer, request.byteOffset, request.byteLength);
  const [address, count] = [view.getUint16(1), view.getUint16(3)];
  if (count < 1 || address + count > coils.length) return refusal(illegalDataAddress);
  if (functionCode === 1) {
    const bits = coils.slice(address, address + count);
    return Uint8Array.of(
      1,
      1,
      bits.reduce((byte, bit, i) => byte | (bit << i), 0),
    );
  }
  if (request.length !== 7 || request[5] !== 1) return refusal(illegalDataValue);
  for (let i = 0; i < count; i++) coils[address + i] = ((request[6] ?? 0) >> i) & 1;
  return request.slice(0, 5);
}
