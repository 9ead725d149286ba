// SPDX-License-Identifier: Apache-2.0
// The change of a main log's keys, as it stands in a proposal: offers of the keys that will keep the log, and
// how many of them must sign. Whether it may be made is judged by votes, and by the old keys.

import { toHex } from '../../base/bytes.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import { bytesUpTo, type Content, choice, listOf, uint } from '../../base/fields.ts';
import { keyIdOf } from '../../base/ids.ts';
import { checkPublicKey } from '../../base/key-check.ts';
import { limits } from '../../base/limits.ts';
import { record } from '../../base/records.ts';
import type { Suite } from '../../base/suite.ts';
import { openLogKeyOffer } from './log-key-offer.ts';
import { generationField, type LogKey } from './main-log.ts';

export const logKeysChangeField = record({
  kind: [1, choice('log-keys')],
  /** Of the keys that it brings: one more than that of the keys it replaces. */
  generation: [2, generationField],
  /** Of them, how many must sign. */
  threshold: [3, uint(limits.mainLogKeysMax)],
  /** All keys there will be, those that stay among them. */
  offers: [4, listOf(bytesUpTo(limits.voteBytesMax), limits.mainLogKeysMax)],
});

export type LogKeysChange = Content<typeof logKeysChangeField>;

/** Keys of a log, without its name. */
export type LogKeySet = {
  readonly generation: number;
  readonly keys: readonly LogKey[];
  readonly threshold: number;
};

/** Offers that hold, each by another key, none a weak one; and a threshold of more than two thirds. */
export function logKeysOf(
  suite: Suite,
  { generation, threshold, offers }: LogKeysChange,
  mainLogId: Uint8Array,
): Result<LogKeySet, 'log-keys'> {
  const keys: LogKey[] = [];
  for (const bytes of offers) {
    const offer = openLogKeyOffer(suite, bytes, mainLogId);
    if (!offer.ok) return refuse('log-keys', offer.detail);
    const { publicKey, name, generation: offered } = offer.value;
    if (offered !== generation) {
      return refuse(
        'log-keys',
        `${name} offers a key for generation ${offered}, not ${generation}`,
      );
    }
    const checked = checkPublicKey(publicKey, suite);
    if (!checked.ok) return refuse('log-keys', `the key of ${name}: ${checked.detail}`);
    keys.push({ publicKey, name });
  }
  const ids = new Set(keys.map(({ publicKey }) => toHex(keyIdOf(suite, publicKey))));
  const names = new Set(keys.map(({ name }) => name));
  if (ids.size < keys.length || names.size < keys.length) {
    return refuse('log-keys', 'a key twice, or two keys of one organisation');
  }
  const least = Math.floor((2 * keys.length) / 3) + 1;
  if (threshold >= least && threshold <= keys.length)
    return accept({ generation, keys, threshold });
  const said = `${threshold} of ${keys.length} keys are to sign, and at least ${least} must`;
  return refuse('log-keys', said);
}
