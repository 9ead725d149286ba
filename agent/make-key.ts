// SPDX-License-Identifier: Apache-2.0
// Makes a gateway's key before there is a chain, and the file by which others make it a member.

import { mkdir } from 'node:fs/promises';
import { toHex } from '../base/bytes.ts';
import { TielineError } from '../base/errors.ts';
import { isName } from '../base/label.ts';
import { writeFileDurably } from '../host/files.ts';
import { createKeyFile, loadOrCreateSigner } from '../host/key-file.ts';
import { isAnyHost, parseAddress } from './address.ts';
import { dataFiles, gatewayFiles } from './data-files.ts';
import { formatMemberFile } from './member-file.ts';

export type MadeKey = {
  readonly keyId: string;
  readonly publicKey: string;
  readonly memberPath: string;
};

/**
 * A key that is there stays; the member file is written anew.
 * @throws TielineError `name`, `listen`, `file`, `key-file`
 */
export async function makeKey(given: {
  readonly dir: string;
  readonly name: string;
  readonly listen: string | undefined;
}): Promise<MadeKey> {
  const { dir, name } = given;
  assertName(name);
  const address = given.listen === undefined ? undefined : callable(given.listen);
  const { data, member: memberPath } = gatewayFiles(dir);
  await mkdir(data, { recursive: true, mode: 0o700 });
  const { keyId, publicKey } = await loadOrCreateSigner(dataFiles(data).key);
  await writeFileDurably(memberPath, formatMemberFile({ name, publicKey, address }), {
    mode: 0o644,
  });
  return { keyId: toHex(keyId), publicKey: toHex(publicKey), memberPath };
}

/** A new key file, mode 0600. @throws TielineError `name`, `file-exists`, `file` */
export async function makePersonKey(
  name: string,
  path: string,
): Promise<{ readonly name: string; readonly keyId: string; readonly publicKey: string }> {
  assertName(name);
  const { keyId, publicKey } = await createKeyFile(path);
  return { name, keyId: toHex(keyId), publicKey: toHex(publicKey) };
}

/** @throws TielineError `name` */
export function assertName(name: string): void {
  if (isName(name)) return;
  const text = 'a gateway or person is called something printable of 1 to 64 characters';
  throw new TielineError('name', text, { hint: 'give another name' });
}

/** @throws TielineError `listen` for what no other member could call. */
export function callable(text: string): string {
  const address = parseAddress(text);
  if (address === undefined) {
    throw new TielineError('listen', `\`${text}\` is not host:port`, {
      hint: 'an IPv6 address stands in brackets: [2001:db8::7]:7700',
    });
  }
  if (!isAnyHost(address)) return text;
  throw new TielineError('listen', `nobody can call ${address.host}`, {
    hint: 'give the address under which the other members reach this gateway',
  });
}
