// SPDX-License-Identifier: Apache-2.0
// The keys of a meter that encrypts what it says: a file of hex digits, a key a line, for nobody but its
// owner to read.

import { fromHex, fromUtf8 } from '../base/bytes.ts';
import { TielineError } from '../base/errors.ts';
import { readSecretFile } from '../host/files.ts';

/** In the order of the file. */
export type MeterKey = readonly Uint8Array[];

/** undefined for no file. @throws TielineError `file-missing`, `file-mode`, `meter-key` */
export async function readMeterKey(path: string | undefined): Promise<MeterKey | undefined> {
  if (path === undefined) return undefined;
  const keys = parseMeterKey(fromUtf8(await readSecretFile(path)) ?? '');
  if (keys !== undefined) return keys;
  throw new TielineError('meter-key', `${path} holds no keys`, {
    hint: 'write each key as hex digits on a line of its own',
  });
}

/** undefined for what holds no keys, or anything else. */
export function parseMeterKey(text: string): MeterKey | undefined {
  const keys = text.trim().split(/\s+/).map(fromHex);
  return keys.every((key) => key !== undefined && key.length > 0)
    ? (keys as Uint8Array[])
    : undefined;
}
