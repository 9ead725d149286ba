// SPDX-License-Identifier: Apache-2.0
// Cuts what a P1 port sends into telegrams: from `/` to `!`, its checksum and the end of that line.
// Pure. A telegram whose checksum is wrong is none; one without, as DSMR 2.2 and 3.0 have it, says so.

import { concat } from '../../base/bytes.ts';
import { limits } from '../../base/limits.ts';
import { crc16, crc16Arc } from '../crc16.ts';
import type { Heard, PushDecoder } from '../push-receiver.ts';
import { parseTelegram, type Telegram } from './telegram.ts';

const slash = 0x2f;
const exclamation = 0x21;
const lineFeed = 0x0a;

/** Where the telegram that begins at 0 ends, and with what. */
type Cut =
  | { readonly kind: 'open' }
  /** Another begins there before this one has ended. */
  | { readonly kind: 'cut-off'; readonly end: number }
  | { readonly kind: 'whole'; readonly checkAt: number; readonly end: number };

export class TelegramStream implements PushDecoder<Telegram> {
  #pending: Uint8Array = new Uint8Array();

  push(bytes: Uint8Array): readonly Heard<Telegram>[] {
    this.#pending = concat(this.#pending, bytes);
    const heard: Heard<Telegram>[] = [];
    for (;;) {
      const start = this.#pending.indexOf(slash);
      this.#pending = start < 0 ? new Uint8Array() : this.#pending.subarray(start);
      const cut = cutOf(this.#pending);
      if (cut.kind === 'open') break;
      heard.push(
        cut.kind === 'whole'
          ? openTelegram(this.#pending.subarray(0, cut.end), cut.checkAt)
          : { kind: 'malformed', detail: 'another telegram began in the middle of it' },
      );
      this.#pending = this.#pending.subarray(cut.end);
    }
    if (this.#pending.length > limits.telegramBytesMax) {
      this.reset();
      heard.push({ kind: 'malformed', detail: `no end after ${limits.telegramBytesMax} bytes` });
    }
    return heard;
  }

  reset(): void {
    this.#pending = new Uint8Array();
  }
}

/** A telegram alone, as an encrypted one holds it. Bytes are attacker-controlled. */
export function readTelegram(bytes: Uint8Array): Heard<Telegram> {
  const cut = bytes[0] === slash ? cutOf(bytes) : undefined;
  return cut?.kind === 'whole' && cut.end === bytes.length
    ? openTelegram(bytes, cut.checkAt)
    : { kind: 'malformed', detail: 'it holds no telegram' };
}

function cutOf(bytes: Uint8Array): Cut {
  for (let at = bytes.indexOf(lineFeed); at >= 0; at = bytes.indexOf(lineFeed, at + 1)) {
    const first = bytes[at + 1];
    if (first === slash) return { kind: 'cut-off', end: at + 1 };
    if (first !== exclamation) continue;
    const end = bytes.indexOf(lineFeed, at + 1);
    return end < 0 ? { kind: 'open' } : { kind: 'whole', checkAt: at + 2, end: end + 1 };
  }
  return { kind: 'open' };
}

/** `checkAt`: behind the `!`. */
function openTelegram(bytes: Uint8Array, checkAt: number): Heard<Telegram> {
  const printed = latin1(bytes.subarray(checkAt)).trim();
  // One meter prints it without its leading zeros.
  if (!/^[0-9A-Fa-f]{0,4}$/.test(printed)) {
    return { kind: 'malformed', detail: 'what stands behind its end is no checksum' };
  }
  const checked = printed !== '';
  if (checked && Number.parseInt(printed, 16) !== crc16(crc16Arc, bytes.subarray(0, checkAt))) {
    return { kind: 'crc', detail: 'its checksum is wrong' };
  }
  return parseTelegram(latin1(bytes.subarray(0, checkAt - 1)), checked);
}

/** A byte, a character: a telegram is ASCII, and what is not shows as what it is. */
function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
