// SPDX-License-Identifier: Apache-2.0
// Requests to write, and to read coils, and what answers them (Modbus Application Protocol V1.1b3):
// pure. As with reads, an answer is taken only where every byte is what it must be. The answer to a
// single write is the request itself, so an adapter that echoes passes for a device: read back.

import { concat, equal } from '../../base/bytes.ts';
import type { Judgement } from '../bus/byte-exchange.ts';
import type { CoilRequest, WriteRequest } from '../line.ts';
import { damaged, hasGoodCrc, type RtuAnswer, withCrc } from './rtu-frame.ts';

export const readCoilsFunction = 1;
const coilOn = 0xff00;
const exceptionLength = 5;

/** Function code and data. */
export function writePdu({ functionCode, address, values }: WriteRequest): Uint8Array {
  const [first = 0] = values;
  switch (functionCode) {
    case 5:
      return concat(Uint8Array.of(functionCode), words(address, first === 0 ? 0 : coilOn));
    case 6:
      return concat(Uint8Array.of(functionCode), words(address, first));
    case 15: {
      const bits = packed(values);
      const head = concat(Uint8Array.of(functionCode), words(address, values.length));
      return concat(head, Uint8Array.of(bits.length), bits);
    }
    case 16: {
      const head = concat(Uint8Array.of(functionCode), words(address, values.length));
      return concat(head, Uint8Array.of(2 * values.length), words(...values));
    }
  }
}

export function encodeWrite(request: WriteRequest): Uint8Array {
  return withCrc(concat(Uint8Array.of(request.unit), writePdu(request)));
}

/** Length of a frame that answers a write. */
export const writeAnswerLength = 8;

/** What stands in it between unit and checksum. */
export function writeAnswerHead(request: WriteRequest): Uint8Array {
  return writePdu(request).subarray(0, 5);
}

/** Bytes are attacker-controlled. */
export function judgeWrite(request: WriteRequest, bytes: Uint8Array): Judgement<RtuAnswer> {
  const wanted = withCrc(concat(Uint8Array.of(request.unit), writeAnswerHead(request)));
  const refusal = judgeRefusal(request, bytes);
  if (refusal !== undefined) return refusal;
  if (!equal(bytes, wanted.subarray(0, bytes.length)) || bytes.length > wanted.length) {
    return { kind: 'malformed', detail: 'it is not the answer to what was written' };
  }
  if (bytes.length < wanted.length) return { kind: 'incomplete' };
  return { kind: 'complete', value: { kind: 'registers', registers: [] } };
}

export function encodeCoilRead({ unit, address, count }: CoilRequest): Uint8Array {
  return withCrc(concat(Uint8Array.of(unit, readCoilsFunction), words(address, count)));
}

export function coilAnswerLength(count: number): number {
  return exceptionLength + Math.ceil(count / 8);
}

/** Bytes are attacker-controlled. */
export function judgeCoils(request: CoilRequest, bytes: Uint8Array): Judgement<RtuAnswer> {
  const { unit, count } = request;
  const refusal = judgeRefusal({ unit, functionCode: readCoilsFunction }, bytes);
  if (refusal !== undefined) return refusal;
  const head = Uint8Array.of(unit, readCoilsFunction, Math.ceil(count / 8));
  const length = coilAnswerLength(count);
  const fits = equal(bytes.subarray(0, 3), head.subarray(0, bytes.length));
  if (!fits || bytes.length > length) {
    return { kind: 'malformed', detail: 'it does not hold the coils that were asked for' };
  }
  if (bytes.length < length) return { kind: 'incomplete' };
  if (!hasGoodCrc(bytes)) return damaged;
  const bit = (i: number) => ((bytes[3 + (i >> 3)] ?? 0) >> (i & 7)) & 1;
  const registers = Array.from({ length: count }, (_, i) => bit(i));
  return { kind: 'complete', value: { kind: 'registers', registers } };
}

function judgeRefusal(
  { unit, functionCode }: { readonly unit: number; readonly functionCode: number },
  bytes: Uint8Array,
): Judgement<RtuAnswer> | undefined {
  if (bytes[0] !== unit || bytes[1] !== (functionCode | 0x80)) return undefined;
  if (bytes.length < exceptionLength) return { kind: 'incomplete' };
  if (bytes.length > exceptionLength) return { kind: 'malformed', detail: 'it is too long' };
  if (!hasGoodCrc(bytes)) return damaged;
  return { kind: 'complete', value: { kind: 'exception', exceptionCode: bytes[2] ?? 0 } };
}

function words(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(values.flatMap((value) => [value >>> 8, value & 0xff]));
}

/** The first coil is the lowest bit of the first byte. */
function packed(coils: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(coils.length / 8));
  for (const [i, coil] of coils.entries()) {
    if (coil !== 0) bytes[i >> 3] = (bytes[i >> 3] ?? 0) | (1 << (i & 7));
  }
  return bytes;
}
