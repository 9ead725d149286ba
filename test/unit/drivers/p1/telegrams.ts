// SPDX-License-Identifier: Apache-2.0
// Telegrams of real meters by name, and what a stream of bytes holds of such.

import { readFileSync } from 'node:fs';
import { utf8 } from '../../../../base/bytes.ts';
import { formatDecimal } from '../../../../base/decimal.ts';
import type { Telegram } from '../../../../drivers/p1/telegram.ts';
import { TelegramStream } from '../../../../drivers/p1/telegram-stream.ts';
import type { Heard } from '../../../../drivers/push-receiver.ts';
import { sealTelegram } from '../../../../drivers/simulator/p1-seal.ts';

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
  {
    encryption,
    authentication,
    counter,
  }: { encryption: Uint8Array; authentication?: Uint8Array | undefined; counter: number },
): Uint8Array {
  return sealTelegram(utf8(text), { encryption, authentication }, counter);
}
