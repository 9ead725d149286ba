// SPDX-License-Identifier: Apache-2.0
// A gateway as it shows itself to whoever makes a chain of several: name, public key, address. JSON
// that a person can read; nothing in it is secret. It is believed because of where it came from, so
// it holds no signature: compare the key id with what `tieline key` has printed.

import { readFile } from 'node:fs/promises';
import { fromHex, toHex, utf8 } from '../base/bytes.ts';
import { accept, type Result, refuse, TielineError } from '../base/errors.ts';
import { checkPublicKey } from '../base/key-check.ts';
import { isName } from '../base/label.ts';
import { limits } from '../base/limits.ts';
import { parseAddress } from './address.ts';

export type MemberFile = {
  readonly name: string;
  readonly publicKey: Uint8Array;
  /** `host:port` under which the other members call it; undefined where nobody said. */
  readonly address: string | undefined;
};

/** JSON: `{name, publicKey, address}`, the key in hex. */
export function formatMemberFile({ name, publicKey, address }: MemberFile): Uint8Array {
  return utf8(`${JSON.stringify({ name, publicKey: toHex(publicKey), address }, null, 2)}\n`);
}

/** Text from another gateway's owner: attacker-controlled. */
export function parseMemberFile(text: string): Result<MemberFile, 'member'> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return refuse('member', 'not JSON');
  }
  const given: Record<string, unknown> =
    typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  const { name, publicKey: hex, address } = given;
  if (typeof name !== 'string' || !isName(name)) return refuse('member', 'it lacks a `name`');
  const publicKey = typeof hex === 'string' ? fromHex(hex) : undefined;
  if (publicKey === undefined) return refuse('member', 'its `publicKey` is not hex');
  const key = checkPublicKey(publicKey);
  if (!key.ok) return refuse('member', `its \`publicKey\`: ${key.detail}`);
  if (address === undefined) return accept({ name, publicKey, address });
  if (typeof address !== 'string' || parseAddress(address) === undefined) {
    return refuse('member', 'its `address` is not host:port');
  }
  return accept({ name, publicKey, address });
}

/** @throws TielineError `member-file` */
export async function readMemberFile(path: string): Promise<MemberFile> {
  const hint = "`tieline key` writes a gateway's member.json";
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new TielineError('member-file', `cannot read the member file ${path}`, { hint, cause });
  }
  const parsed =
    bytes.length > limits.configBytesMax
      ? refuse('member', `larger than ${limits.configBytesMax} bytes`)
      : parseMemberFile(new TextDecoder().decode(bytes));
  if (parsed.ok) return parsed.value;
  throw new TielineError('member-file', `${path} does not describe a member: ${parsed.detail}`, {
    hint,
  });
}
