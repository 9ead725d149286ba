// SPDX-License-Identifier: Apache-2.0
// Cuts what an SML meter sends into files (transport protocol version 1): four 1Bh and four 01h begin one,
// four 1Bh and 1Ah end it, with a count of fill bytes and a checksum. Pure. A file whose checksum is wrong
// is none.

import { concat } from '../../base/bytes.ts';
import { limits } from '../../base/limits.ts';
import { type Crc16, crc16 } from '../crc16.ts';
import type { Heard, PushDecoder } from '../push-receiver.ts';
import { decodeReadings, type SmlReadings } from './readings.ts';

/** By the standard, and by some of Holley's. */
const crcs: readonly Crc16[] = [
  { polynomial: 0x8408, initial: 0xffff, finalXor: 0xffff },
  { polynomial: 0x8408, initial: 0, finalXor: 0 },
];

const escapeByte = 0x1b;
const begin = 0x01;
const end = 0x1a;
const sequenceLength = 4;
const headLength = 2 * sequenceLength;
const fillMax = 3;

/** What stands at some place of a stream. */
type Mark = 'plain' | 'open' | 'begin' | 'end' | 'escaped';

export class SmlFileStream implements PushDecoder<SmlReadings> {
  #pending: Uint8Array = new Uint8Array();
  /** Up to where a file that has begun holds neither end nor beginning. */
  #searched = 0;

  push(bytes: Uint8Array): readonly Heard<SmlReadings>[] {
    this.#pending = concat(this.#pending, bytes);
    const heard: Heard<SmlReadings>[] = [];
    for (let found = this.#step(); found !== undefined; found = this.#step()) heard.push(found);
    if (this.#pending.length > limits.telegramBytesMax) {
      this.reset();
      heard.push({ kind: 'malformed', detail: `no end after ${limits.telegramBytesMax} bytes` });
    }
    return heard;
  }

  reset(): void {
    this.#drop(this.#pending.length);
  }

  /** The next file, or why it is none; undefined where more has to come. */
  #step(): Heard<SmlReadings> | undefined {
    if (this.#searched === 0 && !this.#begin()) return undefined;
    for (let at = this.#searched; at < this.#pending.length; ) {
      const mark = markAt(this.#pending, at);
      if (mark === 'open') {
        this.#searched = at;
        return undefined;
      }
      if (mark === 'begin') {
        this.#drop(at);
        return { kind: 'malformed', detail: 'another file began in the middle of it' };
      }
      if (mark === 'end') {
        const file = this.#pending.subarray(0, at + headLength);
        this.#drop(at + headLength);
        return openFile(file);
      }
      at += mark === 'escaped' ? headLength : 1;
      this.#searched = at;
    }
    return undefined;
  }

  /** Whether a file has begun; what stands before it goes. */
  #begin(): boolean {
    for (let at = 0; at < this.#pending.length; at++) {
      const mark = markAt(this.#pending, at);
      if (mark !== 'begin' && mark !== 'open') continue;
      this.#drop(at);
      if (mark === 'begin') this.#searched = headLength;
      return mark === 'begin';
    }
    this.#drop(this.#pending.length);
    return false;
  }

  #drop(count: number): void {
    this.#pending = this.#pending.subarray(count);
    this.#searched = 0;
  }
}

function markAt(bytes: Uint8Array, at: number): Mark {
  for (let i = 0; i < sequenceLength; i++) {
    if (bytes[at + i] === undefined) return 'open';
    if (bytes[at + i] !== escapeByte) return 'plain';
  }
  if (bytes.length < at + headLength) return 'open';
  const rest = bytes.subarray(at + sequenceLength, at + headLength);
  if (rest.every((byte) => byte === begin)) return 'begin';
  if (rest.every((byte) => byte === escapeByte)) return 'escaped';
  return rest[0] === end ? 'end' : 'plain';
}

function openFile(file: Uint8Array): Heard<SmlReadings> {
  const checkAt = file.length - 2;
  const given = (file[checkAt] ?? 0) | ((file[checkAt + 1] ?? 0) << 8);
  const counted = file.subarray(0, checkAt);
  if (!crcs.some((crc) => crc16(crc, counted) === given)) {
    return { kind: 'crc', detail: 'its checksum is wrong' };
  }
  const fill = file[checkAt - 1] ?? 0;
  const body = unescaped(file.subarray(headLength, -headLength));
  if (fill > fillMax || fill > body.length)
    return { kind: 'malformed', detail: 'it is overfilled' };
  const readings = decodeReadings(body.subarray(0, body.length - fill));
  return readings.ok
    ? { kind: 'message', value: readings.value }
    : { kind: 'malformed', detail: readings.detail };
}

/** Four 1Bh of the content are sent as eight. */
function unescaped(bytes: Uint8Array): Uint8Array {
  const plain = new Uint8Array(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (markAt(bytes, at) === 'escaped') {
      plain.fill(escapeByte, length, length + sequenceLength);
      length += sequenceLength;
      at += headLength - 1;
    } else {
      plain[length++] = bytes[at] as number;
    }
  }
  return plain.subarray(0, length);
}
