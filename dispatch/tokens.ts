// SPDX-License-Identifier: Apache-2.0
// Makes, lists and revokes tokens of the API, and binds certificates that stand for one, in the
// directory of a centre. A running centre sees it at once. The text of a token is told once and kept
// nowhere.

import { randomBytes, X509Certificate } from 'node:crypto';
import { fromHex } from '../base/bytes.ts';
import { TielineError } from '../base/errors.ts';
import { isName } from '../base/label.ts';
import { limits } from '../base/limits.ts';
import { wallClockMs } from '../host/clock.ts';
import { type Role, scopedRoles } from './api/rights.ts';
import { hashToken, readTokens, type Token, writeTokens } from './api/token-file.ts';

const dayMs = 86_400_000;

type Wanted = {
  readonly role: Role;
  readonly name: string;
  readonly chains: readonly string[];
  readonly devices: readonly string[];
  readonly days: number | undefined;
};

/** @throws TielineError `token` with what does not fit; `too-many-tokens`, `file`, `config`. */
export async function makeToken(
  path: string,
  wanted: Wanted,
): Promise<{ readonly text: string; readonly token: Token }> {
  const text = `tieline_${randomBytes(32).toString('base64url')}`;
  return { text, token: await add(path, wanted, { sha256: hashToken(text) }) };
}

/** Binds a client certificate, in PEM, as if it were a token. @throws TielineError as `makeToken`. */
export async function bindCertificate(path: string, wanted: Wanted, pem: string): Promise<Token> {
  return add(path, wanted, { sha256: fingerprintOf(pem), certificate: true });
}

async function add(
  path: string,
  wanted: Wanted,
  shown: Pick<Token, 'sha256' | 'certificate'>,
): Promise<Token> {
  const { role, name, devices, days } = wanted;
  const chains = wanted.chains.map((id) => id.toLowerCase());
  const tokens = await listTokens(path);
  const fault = faultOf({ ...wanted, chains });
  if (fault !== undefined) throw new TielineError('token', fault);
  if (tokens.some((token) => token.name === name)) {
    throw new TielineError('token', `there is a token \`${name}\` already`, {
      hint: `choose another name, or revoke it: tieline dispatch token --revoke '${name}'`,
    });
  }
  if (tokens.some(({ sha256 }) => sha256 === shown.sha256)) {
    throw new TielineError('token', 'this certificate is bound to a role already');
  }
  const madeMs = wallClockMs();
  const expiresMs = days === undefined ? null : madeMs + days * dayMs;
  const token = { name, role, ...shown, chains, devices, madeMs, expiresMs };
  await writeTokens(path, [...tokens, token]);
  return token;
}

/** SHA-256 of the first certificate in it. */
function fingerprintOf(pem: string): string {
  try {
    return new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();
  } catch (cause) {
    throw new TielineError('token', '--certificate names no certificate in PEM', { cause });
  }
}

/** None where there is no file yet. */
export async function listTokens(path: string): Promise<readonly Token[]> {
  try {
    return await readTokens(path);
  } catch (error) {
    if (error instanceof TielineError && error.code === 'file-missing') return [];
    throw error;
  }
}

/** @throws TielineError `token` where there is none of this name. */
export async function revokeToken(path: string, name: string): Promise<void> {
  const tokens = await listTokens(path);
  const left = tokens.filter((token) => token.name !== name);
  if (left.length === tokens.length) {
    throw new TielineError('token', `there is no token \`${name}\``, {
      hint: 'see `tieline dispatch token --list`',
    });
  }
  await writeTokens(path, left);
}

function faultOf(wanted: {
  readonly role: Role;
  readonly name: string;
  readonly chains: readonly string[];
  readonly devices: readonly string[];
}): string | undefined {
  const { role, name, chains, devices } = wanted;
  if (!isName(name)) return '--name is printable and has 1 to 64 characters';
  const isScoped = scopedRoles.has(role);
  if (isScoped && chains.length === 0) return `a token of \`${role}\` names its --chains`;
  if (!isScoped && chains.length > 0) return `a token of \`${role}\` is for all chains`;
  if (role !== 'plant' && devices.length > 0) return '--devices narrow a token of `plant` alone';
  const odd = chains.find((id) => fromHex(id)?.length !== 32);
  if (odd !== undefined) return `\`${odd}\` is not the id of a chain: 64 hex digits`;
  if (chains.length > limits.apiTokenChainsMax) {
    return `a token names at most ${limits.apiTokenChainsMax} chains`;
  }
  if (devices.length > limits.apiTokenDevicesMax) {
    return `a token names at most ${limits.apiTokenDevicesMax} devices`;
  }
  return devices.some((device) => device.length > 128) ? 'a device name is too long' : undefined;
}
