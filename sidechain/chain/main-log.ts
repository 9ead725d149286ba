// SPDX-License-Identifier: Apache-2.0
// The main log as a sidechain pins it: its name, its id, and whose signatures make a receipt of it count.

import { toHex } from '../../base/bytes.ts';
import { accept } from '../../base/errors.ts';
import {
  bytes,
  type Content,
  listOf,
  mapped,
  refined,
  text,
  tuple,
  uint,
} from '../../base/fields.ts';
import { nameField } from '../../base/label.ts';
import { limits } from '../../base/limits.ts';
import { isKeyName } from '../../base/note.ts';
import { record } from '../../base/records.ts';
import { chainIdOfOrigin } from './names.ts';

export const logKeyField = mapped(tuple(bytes(32), nameField), {
  read: ([publicKey, name]) => accept({ publicKey, name }),
  write: ({ publicKey, name }) => [publicKey, name] as const,
});

/** Name of a log: one that a checkpoint and a key may have, and that is no sidechain's. */
export const logOriginField = refined(
  text(128),
  'the name of a main log: no spaces, no plus, not that of a sidechain',
  (origin) => isKeyName(origin) && chainIdOfOrigin(origin) === undefined,
);

export const logKeysField = refined(
  listOf(logKeyField, limits.mainLogKeysMax),
  'at least one key, and none twice',
  (keys) => keys.length > 0 && areDistinct(keys),
);

/** How often the keys of a log have changed hands: 1 after the first time. */
export const generationField = refined(
  uint(limits.logKeyChangesMax),
  'a generation from 1',
  (generation) => generation >= 1,
);

export const mainLogField = refined(
  record({
    /** Checkpoint origin of the main log, and issuer of its receipts. */
    origin: [1, logOriginField],
    /** SHA-256 of the main log's genesis. */
    id: [2, bytes(32)],
    keys: [3, logKeysField],
    /** Distinct keys that must have signed a receipt. */
    threshold: [4, uint(limits.mainLogKeysMax)],
    /** Of these keys; missing where they are those of the log's genesis. */
    generation: [5, generationField, 'optional'],
  }),
  'a threshold from 1 to the number of keys',
  ({ threshold, keys }) => threshold >= 1 && threshold <= keys.length,
);

export type MainLog = Content<typeof mainLogField>;
export type LogKey = Content<typeof logKeyField>;

/** 0: the keys of the genesis. */
export function generationOf({ generation }: Pick<MainLog, 'generation'>): number {
  return generation ?? 0;
}

function areDistinct(keys: readonly { readonly publicKey: Uint8Array }[]): boolean {
  return new Set(keys.map(({ publicKey }) => toHex(publicKey))).size === keys.length;
}
