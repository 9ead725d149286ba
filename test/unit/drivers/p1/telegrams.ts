// SPDX-License-Identifier: Apache-2.0
// Telegrams of real meters by name, and what a stream of bytes holds of such.

import { createCipheriv } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { concat, u32, utf8 } from '../../../../base/bytes.ts';
import { formatDecimal } from '../../../../base/decimal.ts';
import type { Telegram } from '../../../../drivers/p1/telegram.ts';
import { TelegramStream } from '../../../../drivers/p1/telegram-stream.ts';
import type { Heard } from '../../../../drivers/push-receiver.ts';

const vectors: { readonly telegrams: readonly { name: string; text: string; crc: string }[] } =
  JSON.parse(readFileSync(new URL('../../../vectors/p1.json', import.meta.url), 'utf8'));

export const telegramNames = vectors.telegrams.map(({ name }) => name);

export function telegramText(name: string): string {
  const found = vectors.telegrams.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no telegram ${name}`);
  return found.text;
}

export function hear(stream: Uint8Array): readonly Heard<Telegram>[] {
  return new TelegramStream().push(stream);
}

export function telegram(name: string): Telegram {
  const [heard, ...others] = hear(utf8(telegramText(name)));
  if (heard?.kind !== 'message' || others.length > 0) throw new Error(`${name} is one telegram`);
  return heard.value;
}

/** `1581123 Wh`; undefined where the telegram does not hold it. */
export function shown({ values }: Telegram, obis: string): string | undefined {
  const value = values.get(`${obis}*255`);
  return value && `${formatDecimal(value)} ${value.unit}`;
}

/** As Luxembourg and Austria seal them. */
export function sealed(
  text: string,
  keys: { encryption: Uint8Array; authentication?: Uint8Array | undefined; counter: number },
): Uint8Array {
  const title = utf8('systitle');
  const counter = u32(keys.counter);
  const cipher = createCipheriv('aes-128-gcm', keys.encryption, concat(title, counter), {
    authTagLength: 12,
  });
  if (keys.authentication !== undefined) {
    cipher.setAAD(concat(Uint8Array.of(0x30), keys.authentication));
  }
  const body = concat(cipher.update(utf8(text)), cipher.final());
  const length = 17 + body.length;
  return concat(
    Uint8Array.of(0xdb, 8),
    title,
    Uint8Array.of(0x82, length >>> 8, length & 0xff, 0x30),
    counter,
    body,
    cipher.getAuthTag(),
  );
}
