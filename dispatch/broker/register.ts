// SPDX-License-Identifier: Apache-2.0
// Whom a broker's authority has given a certificate, and whose it has revoked: one JSON object a
// line, in the order of their serial numbers. Certificates are not kept: they follow from this and
// the authority's key.

import { fromHex, toHex } from '../../base/bytes.ts';
import { TielineError } from '../../base/errors.ts';
import { checkPublicKey } from '../../base/key-check.ts';

export type BrokerClient = {
  /** Name of the certificate, and at the broker both client id and user name. */
  readonly commonName: string;
  readonly publicKey: Uint8Array;
  readonly revokedAtMs?: number;
} & (
  | {
      readonly kind: 'gateway';
      /** 64 hex digits. */
      readonly chain: string;
    }
  | { readonly kind: 'dispatch' }
  /** Another broker, that hands on what this one has. */
  | { readonly kind: 'bridge' }
);

/** Serial 1 is the authority's own, 2 the broker's. */
export function serialOf(index: number): number {
  return index + 3;
}

export function formatRegister(clients: readonly BrokerClient[]): string {
  const line = ({ publicKey, ...rest }: BrokerClient): string =>
    `${JSON.stringify({ ...rest, publicKey: toHex(publicKey) })}\n`;
  return clients.map(line).join('');
}

/** @throws TielineError `register`, naming the line. */
export function parseRegister(text: string, path: string): readonly BrokerClient[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line, i) => {
      const client = clientOf(line);
      if (client !== undefined) return client;
      throw new TielineError('register', `${path}:${i + 1}: not a client of the broker`, {
        hint: 'bring the file back from a backup: who has a certificate stands nowhere else',
      });
    });
}

function clientOf(line: string): BrokerClient | undefined {
  const { kind, commonName, chain, publicKey: hex, revokedAtMs } = recordOf(line);
  const publicKey = typeof hex === 'string' ? fromHex(hex) : undefined;
  if (typeof commonName !== 'string' || !isCommonName(commonName)) return undefined;
  if (publicKey === undefined || !checkPublicKey(publicKey).ok) return undefined;
  if (revokedAtMs !== undefined && !Number.isSafeInteger(revokedAtMs)) return undefined;
  const revoked = typeof revokedAtMs === 'number' ? { revokedAtMs } : {};
  if (kind === 'dispatch' || kind === 'bridge') return { kind, commonName, publicKey, ...revoked };
  if (kind !== 'gateway' || typeof chain !== 'string' || !isChainId(chain)) return undefined;
  return { kind, commonName, chain, publicKey, ...revoked };
}

function recordOf(line: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  } catch {
    return {};
  }
}

/** Nothing that means something in a topic, in the list of who may do what, or in a path. */
export function isCommonName(text: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,63}$/.test(text);
}

export function isChainId(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}
