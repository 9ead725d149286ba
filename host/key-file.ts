// SPDX-License-Identifier: Apache-2.0
// Secret keys in files of their own: Ed25519 as PKCS#8 in PEM (RFC 8410), as other tools read and
// write it, and readable by nobody but its owner. A key is made where it is used and never
// replaced.

import { concat, equal, fromBase64, fromUtf8, toBase64, utf8 } from '../base/bytes.ts';
import { TielineError } from '../base/errors.ts';
import { guardedSigner } from '../base/guarded-signer.ts';
import { generateSeed } from '../base/keys.ts';
import type { AgreementPair } from '../base/sealed.ts';
import type { Signer } from '../base/suite.ts';
import { createFileDurably, readSecretFile } from './files.ts';
import { agreementPairOf } from './sealing.ts';

/** PKCS#8 of an Ed25519 key up to the seed itself (RFC 8410 §7). */
const prefix = Uint8Array.of(48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32);

/** Makes a new key, mode 0600. @throws TielineError `file-exists`, `file` */
export async function createKeyFile(path: string): Promise<Signer> {
  const seed = generateSeed();
  const lines = ['-----BEGIN PRIVATE KEY-----', toBase64(concat(prefix, seed))];
  await createFileDurably(path, utf8(`${lines.join('\n')}\n-----END PRIVATE KEY-----\n`));
  return guardedSigner(seed);
}

/**
 * The key that is there, or a new one: for what may be run again. @throws TielineError as both of
 * these.
 */
export async function loadOrCreateSigner(path: string): Promise<Signer> {
  try {
    return await readKeyFile(path);
  } catch (error) {
    if (!(error instanceof TielineError) || error.code !== 'file-missing') throw error;
    return createKeyFile(path);
  }
}

/**
 * @throws TielineError `file-missing`, `file-mode`, `file`; `key-file` where it holds no Ed25519
 * key.
 */
export async function readKeyFile(path: string): Promise<Signer> {
  const signer = signerFromPem(fromUtf8(await readSecretFile(path)) ?? '');
  if (signer !== undefined) return signer;
  throw new TielineError('key-file', `${path} does not hold an Ed25519 key (PKCS#8, PEM)`, {
    hint: 'restore the file; a new key is a new identity',
  });
}

/**
 * The same key as one that opens what is sealed for its twin (base/agreement-key.ts). @throws as
 * `readKeyFile` does
 */
export async function readAgreementPair(path: string): Promise<AgreementPair> {
  const seed = seedFromPem(fromUtf8(await readSecretFile(path)) ?? '');
  if (seed !== undefined) return agreementPairOf(seed);
  throw new TielineError('key-file', `${path} does not hold an Ed25519 key (PKCS#8, PEM)`);
}

/** undefined for what holds no Ed25519 key. */
export function signerFromPem(text: string): Signer | undefined {
  const seed = seedFromPem(text);
  return seed && guardedSigner(seed);
}

function seedFromPem(text: string): Uint8Array | undefined {
  const [, base64 = ''] =
    /^\s*-----BEGIN PRIVATE KEY-----\s+([A-Za-z0-9+/=\s]+)-----END PRIVATE KEY-----\s*$/.exec(
      text,
    ) ?? [];
  const bytes = fromBase64(base64.replaceAll(/\s/g, ''));
  if (bytes?.length !== prefix.length + 32 || !equal(bytes.slice(0, prefix.length), prefix)) {
    return undefined;
  }
  return bytes.slice(prefix.length);
}
