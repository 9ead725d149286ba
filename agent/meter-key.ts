// SPDX-License-Identifier: Apache-2.0
// The keys of a meter that encrypts what it says: a file of hex digits, a key a line, for nobody but its
// owner to read.

import { fromHex, fromUtf8 } from '../base/bytes.ts';
import { TielineError } from '../base/errors.ts';
import { readSecretFile } from '../host/files.ts';

/** In the order of the file. */
export type MeterKey = readonly Uint8Array[];

const form = 'write each key as hex digits on a line of its own';
const missing = `check the path, or make the file for its owner alone (chmod 600): ${form}`;

/** undefined for no file. @throws TielineError `file-missing`, `file-mode`, `meter-key` */
export async function readMeterKey(path: string | undefined): Promise<MeterKey | undefined> {
  if (path === undefined) return undefined;
  const keys = parseMeterKey(fromUtf8(await readSecretFile(path, missing)) ?? '');
  if (keys !== undefined) return keys;
  throw new TielineError('meter-key', `${path} holds no keys`, {
    hint: form,
  });
}

/** undefined for what holds no keys, or anything else. */
export function parseMeterKey(text: string): MeterKey | undefined {
  const keys = text.trim().split(/\s+/).map(fromHex);
  return keys.every((key) => key !== undefined && key.length > 0)
    ? (keys as Uint8Array[])
    : undefined;
}
