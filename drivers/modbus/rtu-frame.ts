// SPDX-License-Identifier: Apache-2.0
// Frames of Modbus RTU (Modbus over Serial Line V1.02): pure. An answer is accepted only when every
// byte is what this request's answer must have: unit, function, byte count, length and checksum.

import { concat, equal } from '../../base/bytes.ts';
import type { BadAnswer, Judgement } from '../bus/byte-exchange.ts';
import { crc16, crc16Modbus } from '../crc16.ts';
import type { RegisterRequest } from '../line.ts';

/** What a device answers: what was asked for, or that it does not give it. */
export type RtuAnswer =
  | { readonly kind: 'registers'; readonly registers: readonly number[] }
  | { readonly kind: 'exception'; readonly exceptionCode: number };

/** The highest unit of a serial bus. */
export const unitMax = 247;

/** Of a request to read. */
export const requestLength = 8;

const crcLength = 2;
const headerLength = 3;
export const exceptionFlag = 0x80;
export const exceptionFrameLength = headerLength + crcLength;

/** The bytes with their checksum behind them, low byte first. */
export function withCrc(bytes: Uint8Array): Uint8Array {
  const crc = crc16(crc16Modbus, bytes);
  return concat(bytes, Uint8Array.of(crc & 0xff, crc >>> 8));
}

/** Whether the last two bytes are the checksum of those before. */
export function hasGoodCrc(frame: Uint8Array): boolean {
  // A frame followed by its own checksum has the checksum zero.
  return frame.length > crcLength && crc16(crc16Modbus, frame) === 0;
}

export function encodeRequest({ unit, functionCode, address, count }: RegisterRequest): Uint8Array {
  return withCrc(
    Uint8Array.of(unit, functionCode, address >>> 8, address & 0xff, count >>> 8, count & 0xff),
  );
}

/** What is said of an answer that is the request. */
export const echoed = 'it is the request itself: the adapter echoes what it sends';

/** Length of a frame that answers with `count` registers. */
export function answerLength(count: number): number {
  return headerLength + 2 * count + crcLength;
}

/** Bytes are attacker-controlled. */
export function judgeAnswer(request: RegisterRequest, bytes: Uint8Array): Judgement<RtuAnswer> {
  const own = encodeRequest(request);
  if (equal(bytes.subarray(0, own.length), own)) {
    return malformed(echoed);
  }
  const [unit, functionCode, byteCount] = bytes;
  if (unit === undefined) return incomplete;
  if (unit !== request.unit) return malformed(`it is from unit ${unit}, not ${request.unit}`);
  if (functionCode === undefined) return incomplete;
  const refused = functionCode === (request.functionCode | exceptionFlag);
  if (!refused && functionCode !== request.functionCode) {
    return malformed(`it is of function ${functionCode}, not ${request.functionCode}`);
  }
  if (byteCount === undefined) return incomplete;
  if (!refused && byteCount !== 2 * request.count) {
    return malformed(`it holds ${byteCount} bytes of data, not ${2 * request.count}`);
  }
  const length = refused ? exceptionFrameLength : answerLength(request.count);
  if (bytes.length < length) return incomplete;
  if (bytes.length > length) return malformed(`it has ${bytes.length} bytes, not ${length}`);
  if (!hasGoodCrc(bytes)) return damaged;
  const registers = registersOf(bytes.subarray(headerLength, -crcLength));
  const value: RtuAnswer = refused
    ? { kind: 'exception', exceptionCode: byteCount }
    : { kind: 'registers', registers };
  return { kind: 'complete', value };
}

function registersOf(data: Uint8Array): readonly number[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Array.from({ length: data.length / 2 }, (_, i) => view.getUint16(2 * i));
}

const incomplete = { kind: 'incomplete' } as const;
export const damaged: BadAnswer = { kind: 'crc', detail: 'its checksum is wrong' };

function malformed(detail: string): BadAnswer {
  return { kind: 'malformed', detail };
}
