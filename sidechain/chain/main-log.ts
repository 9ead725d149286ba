// SPDX-License-Identifier: Apache-2.0
// The main log as a sidechain pins it: its name, its id, and whose signatures make a receipt of it count.

import { accept } from '../../base/errors.ts';
import { bytes, type Content, listOf, mapped, text, tuple, uint } from '../../base/fields.ts';
import { limits } from '../../base/limits.ts';
import { record } from '../../base/records.ts';

const logKeyField = mapped(tuple(bytes(32), text(64)), {
  read: ([publicKey, name]) => accept({ publicKey, name }),
  write: ({ publicKey, name }) => [publicKey, name] as const,
});

export const mainLogField = record({
  /** Checkpoint origin of the main log, and issuer of its receipts. */
  origin: [1, text(128)],
  /** SHA-256 of the main log's genesis. */
  id: [2, bytes(32)],
  keys: [3, listOf(logKeyField, limits.mainLogKeysMax)],
  /** Distinct keys that must have signed a receipt. */
  threshold: [4, uint(limits.mainLogKeysMax)],
});

export type MainLog = Content<typeof mainLogField>;
export type LogKey = Content<typeof logKeyField>;
