// SPDX-License-Identifier: Apache-2.0
// Seals a telegram as the meters of Luxembourg and Austria do.

import { createCipheriv } from 'node:crypto';
import { concat, u32, utf8 } from '../../base/bytes.ts';
import type { SealedKeys } from '../p1/sealed-stream.ts';

const title = utf8('systitle');
const security = 0x30;
const tagLength = 12;

/** `counter`: another one each time, or two telegrams give their difference away. */
export function sealTelegram(telegram: Uint8Array, keys: SealedKeys, counter: number): Uint8Array {
  const nonce = concat(title, u32(counter));
  const cipher = createCipheriv('aes-128-gcm', keys.encryption, nonce, {
    authTagLength: tagLength,
  });
  if (keys.authentication !== undefined) {
    cipher.setAAD(concat(Uint8Array.of(security), keys.authentication));
  }
  const body = concat(cipher.update(telegram), cipher.final());
  const length = 1 + 4 + body.length + tagLength;
  return concat(
    Uint8Array.of(0xdb, title.length),
    title,
    Uint8Array.of(0x82, length >>> 8, length & 0xff, security),
    u32(counter),
    body,
    cipher.getAuthTag(),
  );
}
