// SPDX-License-Identifier: Apache-2.0
// Trusted keys: whom a verifier believes, as text that a person can read and compare. One C2SP verifier key
// a line (`name+hash+base64`), `#` for comments. Names say what a key is trusted for.

import { equal } from '../../base/bytes.ts';
import { logKeyType } from '../../base/checkpoint.ts';
import { cosignerKeyType } from '../../base/cosignature.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { type NoteKey, noteVerifierText, parseVerifierText } from '../../base/note.ts';
import type { Suite } from '../../base/suite.ts';
import type { MainLog } from './main-log.ts';
import { cosignerName } from './names.ts';

/** A key of a main log (type 0x01, named after its origin) or a co-signer of a chain (type 0x04). */
export type TrustedKey = NoteKey;

/** Text of a keys file for one chain and its main log. */
export function formatTrustedKeys(
  suite: Suite,
  keys: {
    readonly mainLog: MainLog;
    readonly chainId: Uint8Array;
    readonly members: readonly { readonly keyId: Uint8Array; readonly publicKey: Uint8Array }[];
  },
): string {
  const lines = ['# main log: whose receipts count'];
  for (const { publicKey } of keys.mainLog.keys) {
    lines.push(noteVerifierText(suite, { name: keys.mainLog.origin, type: logKeyType, publicKey }));
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
    const key = parseVerifierText(suite, trimmed);
    if (!key.ok) return refuse('keys', `line ${i + 1}: ${key.detail}`);
    if (key.value.type !== logKeyType && key.value.type !== cosignerKeyType) {
      return refuse('keys', `line ${i + 1}: a key of neither a log nor a co-signer`);
    }
    if (keys.length === limits.trustedKeysMax) {
      return refuse('keys', `more than ${limits.trustedKeysMax} keys`);
    }
    keys.push(key.value);
  }
  return accept(keys);
}

/** Whether a key is trusted under this name for this type of signature. */
export function isTrusted(trusted: readonly TrustedKey[], key: NoteKey): boolean {
  return trusted.some(
    ({ name, type, publicKey }) =>
      name === key.name && type === key.type && equal(publicKey, key.publicKey),
  );
}
