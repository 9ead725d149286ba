// SPDX-License-Identifier: Apache-2.0
// Trusted keys: whom a verifier believes, as text that a person can read and compare. One C2SP verifier key
// a line (`name+hash+base64`), `#` for comments. Names say what a key is trusted for; after a key of a main
// log may stand which sizes of that log it signs: `from 58`, `until 57`, both.

import { equal } from '../../base/bytes.ts';
import { logKeyType } from '../../base/checkpoint.ts';
import { cosignerKeyType } from '../../base/cosignature.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { type NoteKey, noteVerifierText, parseVerifierText } from '../../base/note.ts';
import type { Suite } from '../../base/suite.ts';
import { cosignerName } from './names.ts';
import type { KeyPeriods } from './retired-key.ts';

/** A key of a main log (type 0x01, named after its origin) or a co-signer of a chain (type 0x04). */
export type TrustedKey = NoteKey & {
  /** Of a main log: the smallest and the largest size that it is trusted for. */
  readonly fromSize?: number | undefined;
  readonly untilSize?: number | undefined;
};

/** Text of a keys file for one chain and its main log. */
export function formatTrustedKeys(
  suite: Suite,
  keys: {
    readonly periods: KeyPeriods;
    readonly chainId: Uint8Array;
    readonly members: readonly { readonly keyId: Uint8Array; readonly publicKey: Uint8Array }[];
  },
): string {
  const lines = ['# main log: whose receipts count'];
  for (const [i, { mainLog, fromSize }] of keys.periods.entries()) {
    const end = keys.periods[i + 1]?.fromSize;
    const sizes = `${fromSize > 0 ? ` from ${fromSize}` : ''}${end ? ` until ${end}` : ''}`;
    for (const { publicKey } of mainLog.keys) {
      const key = { name: mainLog.origin, type: logKeyType, publicKey };
      lines.push(noteVerifierText(suite, key) + sizes);
    }
  }
  lines.push('# members of the sidechain: whose co-signatures count');
  for (const { keyId, publicKey } of keys.members) {
    const name = cosignerName(keys.chainId, keyId);
    lines.push(noteVerifierText(suite, { name, type: cosignerKeyType, publicKey }));
  }
  return `${lines.join('\n')}\n`;
}

/** Every line must be understood: a key that was mistyped is not silently left out. */
export function parseTrustedKeys(
  suite: Suite,
  text: string,
): Result<readonly TrustedKey[], 'keys'> {
  const keys: TrustedKey[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const [, verifier = '', from, until] = lineForm.exec(trimmed) ?? [];
    const key = parseVerifierText(suite, verifier);
    if (!key.ok) return refuse('keys', `line ${i + 1}: ${key.detail}`);
    if (key.value.type !== logKeyType && key.value.type !== cosignerKeyType) {
      return refuse('keys', `line ${i + 1}: a key of neither a log nor a co-signer`);
    }
    const fromSize = sizeOf(from);
    const untilSize = sizeOf(until);
    const isSized = fromSize !== undefined || untilSize !== undefined;
    if (isSized && key.value.type !== logKeyType) {
      return refuse('keys', `line ${i + 1}: sizes are of a main log's keys alone`);
    }
    if (keys.length === limits.trustedKeysMax) {
      return refuse('keys', `more than ${limits.trustedKeysMax} keys`);
    }
    keys.push({ ...key.value, fromSize, untilSize });
  }
  return accept(keys);
}

/** Key, and perhaps from and until which size of its log it is trusted. */
const lineForm = /^(\S+)(?:[ \t]+from[ \t]+(\d{1,15}))?(?:[ \t]+until[ \t]+(\d{1,15}))?$/;

/** Whether a key is trusted under this name for this type of signature, of a main log for this size. */
export function isTrusted(trusted: readonly TrustedKey[], key: NoteKey, size?: number): boolean {
  return trusted.some(
    ({ name, type, publicKey, fromSize = 0, untilSize = Number.MAX_SAFE_INTEGER }) =>
      name === key.name &&
      type === key.type &&
      equal(publicKey, key.publicKey) &&
      (size === undefined || (fromSize <= size && size <= untilSize)),
  );
}

function sizeOf(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits);
}
