// SPDX-License-Identifier: Apache-2.0
// A Modbus slave as a pure function: request in, answer out, over a register image. Frames (MBAP,
// RTU) are put around it by the servers. It reads registers and nothing else.

import { illegalDataAddress, illegalDataValue, illegalFunction } from '../modbus/exception.ts';
import { type RegisterImage, readImage } from './image.ts';

export type SlaveSettings = {
  readonly functionCode: number;
  /** Most registers in one answer. */
  readonly registersPerReadMax: number;
};

const readRequestLength = 5;

/** `request`: function code and data (PDU), from anybody. Returns the answer's PDU. */
export function answerPdu(
  request: Uint8Array,
  image: RegisterImage,
  settings: SlaveSettings,
): Uint8Array {
  const [functionCode = 0] = request;
  const refusal = (code: number) => Uint8Array.of(functionCode | 0x80, code);
  if (functionCode !== settings.functionCode) return refusal(illegalFunction);
  if (request.length !== readRequestLength) return refusal(illegalDataValue);
  const view = new DataView(request.buffer, request.byteOffset, request.byteLength);
  const span = { address: view.getUint16(1), count: view.getUint16(3) };
  if (span.count < 1 || span.count > settings.registersPerReadMax) return refusal(illegalDataValue);
  const words = readImage(image, span);
  if (words === undefined) return refusal(illegalDataAddress);
  const data = words.flatMap((word) => [word >>> 8, word & 0xff]);
  return Uint8Array.of(functionCode, data.length, ...data);
}
