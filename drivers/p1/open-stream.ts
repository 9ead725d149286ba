// SPDX-License-Identifier: Apache-2.0
// What a P1 port sends to who has no key: telegrams; or what looks like noise, and is none: encrypted ones,
// and a signal that nobody has inverted. Pure.

import { concat } from '../../base/bytes.ts';
import type { Heard, PushDecoder } from '../push-receiver.ts';
import { holdsSealed } from './sealed-stream.ts';
import type { Telegram } from './telegram.ts';
import { TelegramStream } from './telegram-stream.ts';

// A line of a telegram with its code is some of that.
const recentBytesMax = 256;

export class OpenStream implements PushDecoder<Telegram> {
  readonly #telegrams = new TelegramStream();
  #recent: Uint8Array = new Uint8Array();

  push(bytes: Uint8Array): readonly Heard<Telegram>[] {
    const heard = this.#telegrams.push(bytes);
    const recent = concat(this.#recent, bytes);
    const reason = holdsSealed(recent) ? encrypted : isInverted(recent) ? inverted : undefined;
    this.#recent = reason === undefined ? recent.slice(-recentBytesMax) : new Uint8Array();
    return reason === undefined ? heard : [...heard, reason];
  }

  reset(): void {
    this.#telegrams.reset();
    this.#recent = new Uint8Array();
  }
}

/** Text of seven bits, each 1 taken for 0: a receiver then begins each character at the stop bit of the one
 * before, so that what was the start bit comes as the lowest bit, as 1. */
function isInverted(bytes: Uint8Array): boolean {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(~(byte >> 1) & 0x7f);
  return /\d-\d:\d+\.\d+\.\d+\(/.test(text);
}

const encrypted: Heard<Telegram> = {
  kind: 'malformed',
  detail: 'it is encrypted',
  hint: 'have its keys from who runs the grid, and give the file that holds them: `--key-file`, or `keyFile` of the meter',
  needsKey: true,
};

const inverted: Heard<Telegram> = {
  kind: 'malformed',
  detail: 'its signal is inverted',
  hint: 'a P1 port wants an inverting adapter: a P1 cable, a transistor before the receiver, or an adapter that is set so',
};
