// SPDX-License-Identifier: Apache-2.0
// Opens the encrypted telegrams of Luxembourg and Austria: `DB 08 title 82 length 30 counter text tag`,
// AES-128-GCM as DLMS has it (security suite 0). The counter must grow: an old frame that is played
// again is none. Pure but for the cipher.

import { createDecipheriv } from 'node:crypto';
import { concat } from '../../base/bytes.ts';
import { limits } from '../../base/limits.ts';
import type { Heard, PushDecoder } from '../push-receiver.ts';
import type { Telegram } from './telegram.ts';
import { readTelegram } from './telegram-stream.ts';

export type SealedKeys = {
  /** 16 bytes. */
  readonly encryption: Uint8Array;
  /** 16 bytes, where the operator gives one. */
  readonly authentication: Uint8Array | undefined;
};

/** undefined for what holds none. */
export function sealedKeysOf(key: readonly Uint8Array[]): SealedKeys | undefined {
  const [encryption, authentication] = key;
  const sound = key.length <= 2 && key.every(({ length }) => length === keyLength);
  return encryption !== undefined && sound ? { encryption, authentication } : undefined;
}

const keyLength = 16;
const tag = 0xdb;
const titleLength = 8;
const lengthForm = 0x82;
const security = 0x30;
const lengthFormAt = 2 + titleLength;
const securityAt = lengthFormAt + 3;
const counterAt = securityAt + 1;
const textAt = counterAt + 4;
const gcmTagLength = 12;
/** What the length counts besides the text: security byte, counter, tag. */
const countedOverhead = 1 + 4 + gcmTagLength;

export class SealedStream implements PushDecoder<Telegram> {
  readonly #keys: SealedKeys;
  #pending: Uint8Array = new Uint8Array();
  #counter = -1;

  constructor(keys: SealedKeys) {
    this.#keys = keys;
  }

  push(bytes: Uint8Array): readonly Heard<Telegram>[] {
    this.#pending = concat(this.#pending, bytes);
    const heard: Heard<Telegram>[] = [];
    for (;;) {
      const start = this.#pending.indexOf(tag);
      this.#pending = start < 0 ? new Uint8Array() : this.#pending.subarray(start);
      const length = frameLength(this.#pending);
      if (length === 'open') break;
      if (length === 'none') {
        // A byte of noise, or of a text that this stream began in.
        this.#pending = this.#pending.subarray(1);
        continue;
      }
      if (this.#pending.length < length) break;
      heard.push(this.#open(this.#pending.subarray(0, length)));
      this.#pending = this.#pending.subarray(length);
    }
    return heard;
  }

  reset(): void {
    this.#pending = new Uint8Array();
  }

  #open(frame: Uint8Array): Heard<Telegram> {
    const counter = new DataView(frame.buffer, frame.byteOffset).getUint32(counterAt);
    const text = opened(frame, this.#keys);
    if (text === undefined) return { kind: 'crc', detail: wrongKey, hint: wrongKeyHint };
    if (counter <= this.#counter) {
      const detail = `its counter ${counter} is not above ${this.#counter}: it was sent before`;
      return { kind: 'malformed', detail };
    }
    this.#counter = counter;
    return readTelegram(text);
  }
}

const wrongKey = 'its seal does not fit: a wrong key, or bytes that were damaged or altered';
const wrongKeyHint =
  'the key file holds 32 hex digits, and on a second line those of the authentication key where the ' +
  'operator gives one (in Austria): compare with what he gave';

/** Whether a sealed telegram begins somewhere. Bytes are attacker-controlled. */
export function holdsSealed(bytes: Uint8Array): boolean {
  for (let at = bytes.indexOf(tag); at >= 0; at = bytes.indexOf(tag, at + 1)) {
    if (typeof frameLength(bytes.subarray(at, at + textAt)) === 'number') return true;
  }
  return false;
}

/** `open`: too few bytes to tell. `none`: no frame begins here. */
function frameLength(bytes: Uint8Array): number | 'open' | 'none' {
  const expected: readonly (readonly [number, number])[] = [
    [1, titleLength],
    [lengthFormAt, lengthForm],
    [securityAt, security],
  ];
  for (const [at, value] of expected) {
    const byte = bytes[at];
    if (byte === undefined) return 'open';
    if (byte !== value) return 'none';
  }
  const counted = ((bytes[lengthFormAt + 1] ?? 0) << 8) | (bytes[lengthFormAt + 2] ?? 0);
  const length = securityAt + counted;
  return counted <= countedOverhead || length > limits.telegramBytesMax ? 'none' : length;
}

// No secret: that of every meter of Luxembourg, whose owners are given the other key alone
// (Luxmetering's specification of the P1 port, 3.2.5, as public readers of it have it).
const luxembourg = Uint8Array.from({ length: keyLength }, (_, i) => 0x11 * i);

function opened(frame: Uint8Array, keys: SealedKeys): Uint8Array | undefined {
  const text = decrypted(frame, keys);
  return text === undefined && keys.authentication === undefined
    ? decrypted(frame, { ...keys, authentication: luxembourg })
    : text;
}

function decrypted(frame: Uint8Array, keys: SealedKeys): Uint8Array | undefined {
  const title = frame.subarray(2, 2 + titleLength);
  const nonce = concat(title, frame.subarray(counterAt, textAt));
  const decipher = createDecipheriv('aes-128-gcm', keys.encryption, nonce, {
    authTagLength: gcmTagLength,
  });
  decipher.setAuthTag(frame.subarray(-gcmTagLength));
  if (keys.authentication !== undefined) {
    decipher.setAAD(concat(Uint8Array.of(security), keys.authentication));
  }
  const text = decipher.update(frame.subarray(textAt, -gcmTagLength));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return Uint8Array.from(text);
}
