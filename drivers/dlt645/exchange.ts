// SPDX-License-Identifier: Apache-2.0
// Requests and answers of DL/T 645-2007 (section 7): pure. An answer is accepted only when it is
// from that address, to that function, and names that data.

import { assert } from '../../base/assert.ts';
import { concat, equal, fromHex } from '../../base/bytes.ts';
import type { BadAnswer, Judgement } from '../bus/byte-exchange.ts';
import { anyAddress, encodeFrame, type Frame, findFrame, withPreamble } from './frame.ts';

export const control = Object.freeze({
  read: 0x11,
  readOn: 0x12,
  readAddress: 0x13,
  switchRelay: 0x1c,
} as const);

/** Control bits of an answer: it is one, it refuses, more follows. */
const answerBit = 0x80;
const refusalBit = 0x40;
const moreBit = 0x20;

export type DltAnswer =
  | {
      readonly kind: 'data';
      /** Who answered. */
      readonly address: string;
      /** Behind the identifier that was asked for. */
      readonly data: Uint8Array;
      readonly more: boolean;
    }
  /** Bits: 0 other, 1 no such data, 2 password or permission (table 5 of the standard). */
  | { readonly kind: 'refused'; readonly errorWord: number };

export type DltRequest = Frame & {
  /** How many bytes of its data an answer repeats: the identifier. */
  readonly repeated: number;
};

export const identifierLength = 4;

/** `identifier`: as printed in the standard, e.g. `02010100`. */
export function readRequest(address: string, identifier: string): DltRequest {
  const data = identifierBytes(identifier);
  return { address, control: control.read, data, repeated: identifierLength };
}

/** Of data whose answer said that more follows; `sequence` from 1. */
export function readOnRequest(address: string, identifier: string, sequence: number): DltRequest {
  const data = concat(identifierBytes(identifier), Uint8Array.of(sequence));
  return { address, control: control.readOn, data, repeated: identifierLength };
}

/** Whoever is alone on the line tells its address. */
export function addressRequest(): DltRequest {
  const data = new Uint8Array();
  return { address: anyAddress, control: control.readAddress, data, repeated: 0 };
}

export function encodeRequest(request: DltRequest): Uint8Array {
  return withPreamble(encodeFrame(request));
}

/** Bytes are attacker-controlled. What is no frame is stepped over, and so is a request: adapters
 * echo what they send. */
export function judgeAnswer(request: DltRequest, bytes: Uint8Array): Judgement<DltAnswer> {
  for (let from = 0; ; ) {
    const search = findFrame(bytes, from);
    if (search.kind === 'damaged') return { kind: 'crc', detail: 'its checksum is wrong' };
    if (search.kind === 'open') return { kind: 'incomplete' };
    if ((search.frame.control & answerBit) !== 0) return judgeFrame(request, search.frame);
    from = search.end;
  }
}

function judgeFrame(request: DltRequest, frame: Frame): Judgement<DltAnswer> {
  const { address, control: answered, data } = frame;
  if (request.address !== anyAddress && address !== request.address) {
    return malformed(`it is from address ${address}, not ${request.address}`);
  }
  const asked = request.control | answerBit;
  if (answered === (asked | refusalBit)) {
    const [errorWord] = data;
    if (errorWord === undefined) return malformed('it refuses without a reason');
    return { kind: 'complete', value: { kind: 'refused', errorWord } };
  }
  if (answered !== asked && answered !== (asked | moreBit)) {
    return malformed(`it is of function ${answered.toString(16)}, not ${asked.toString(16)}`);
  }
  const { repeated } = request;
  if (!equal(data.subarray(0, repeated), request.data.subarray(0, repeated))) {
    return malformed('it holds other data than was asked for');
  }
  const more = (answered & moreBit) !== 0;
  return { kind: 'complete', value: { kind: 'data', address, data: data.slice(repeated), more } };
}

/** On the wire the low byte goes first. */
function identifierBytes(identifier: string): Uint8Array {
  const bytes = fromHex(identifier);
  assert(bytes?.length === identifierLength, `an identifier has 8 digits, not ${identifier}`);
  return bytes.toReversed();
}

function malformed(detail: string): BadAnswer {
  return { kind: 'malformed', detail };
}
