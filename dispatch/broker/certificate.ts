// SPDX-License-Identifier: Apache-2.0
// What an authority of a broker signs: its own certificate, those of the broker and of its clients,
// and the list of those that were revoked (RFC 5280, all keys Ed25519, RFC 8410). No certificate
// runs out, for a gateway whose clock was never set must get in; what ends one is the list.

import { toHex, utf8 } from '../../base/bytes.ts';
import {
  bitString,
  explicit,
  generalizedTime,
  implicit,
  integer,
  isTrue,
  objectIdentifier,
  octetString,
  sequence,
  setOf,
  utcTime,
  utf8String,
} from '../../base/der.ts';
import type { Signer } from '../../base/suite.ts';

const ed25519 = sequence(objectIdentifier('1.3.101.112'));

const notBefore = utcTime('700101000000Z');
/** "No well-defined end", as RFC 5280 §4.1.2.5 writes it. */
const never = generalizedTime('99991231235959Z');

const usages = {
  server: '1.3.6.1.5.5.7.3.1',
  client: '1.3.6.1.5.5.7.3.2',
} as const;

export type Subject = {
  /** At most 64 characters. */
  readonly commonName: string;
  readonly publicKey: Uint8Array;
  readonly serial: number;
} & (
  | { readonly kind: 'client' }
  /** `hosts`: DNS names and IPv4 addresses. */
  | { readonly kind: 'server'; readonly hosts: readonly string[] }
);

/** DER. Self-signed; may sign certificates of clients and servers, and lists, and nothing else. */
export function authorityCertificate(authority: Signer): Uint8Array {
  const name = nameOf(authorityName(authority));
  const isAuthority = sequence(isTrue(), integer(0));
  const usage = bitString(Uint8Array.of(0x06), 1);
  return signed(authority, [
    ...[explicit(0, integer(2)), integer(1), ed25519, name, sequence(notBefore, never), name],
    sequence(ed25519, bitString(authority.publicKey)),
    extensions(
      extension('2.5.29.19', isAuthority, 'critical'),
      extension('2.5.29.15', usage, 'critical'),
      extension('2.5.29.14', octetString(authority.keyId)),
    ),
  ]);
}

/** DER. */
export function issueCertificate(authority: Signer, subject: Subject): Uint8Array {
  const hosts = subject.kind === 'server' ? [alternativeNames(subject.hosts)] : [];
  return signed(authority, [
    ...[explicit(0, integer(2)), integer(subject.serial), ed25519],
    ...[nameOf(authorityName(authority)), sequence(notBefore, never), nameOf(subject.commonName)],
    sequence(ed25519, bitString(subject.publicKey)),
    extensions(
      extension('2.5.29.15', bitString(Uint8Array.of(0x80), 7), 'critical'),
      extension('2.5.29.37', sequence(objectIdentifier(usages[subject.kind]))),
      issuerKey(authority),
      ...hosts,
    ),
  ]);
}

/**
 * DER. Of two lists OpenSSL believes the one that was made later, so the time of a list is that of
 * its newest revocation, and no two of them may be at the same second.
 */
export function revocationList(
  authority: Signer,
  revoked: readonly { readonly serial: number; readonly timeMs: number }[],
): Uint8Array {
  const newestMs = Math.max(0, ...revoked.map(({ timeMs }) => timeMs));
  const entries = revoked.map(({ serial, timeMs }) => sequence(integer(serial), timeOf(timeMs)));
  return signed(authority, [
    ...[integer(1), ed25519, nameOf(authorityName(authority)), timeOf(newestMs), never],
    ...(entries.length === 0 ? [] : [sequence(...entries)]),
    explicit(
      0,
      sequence(issuerKey(authority), extension('2.5.29.20', integer(revoked.length + 1))),
    ),
  ]);
}

function signed({ sign }: Signer, members: readonly Uint8Array[]): Uint8Array {
  const content = sequence(...members);
  return sequence(content, ed25519, bitString(sign(content)));
}

/** Two authorities are never of the same name. */
function authorityName({ keyId }: Signer): string {
  return `tieline broker ${toHex(keyId).slice(0, 16)}`;
}

function nameOf(commonName: string): Uint8Array {
  return sequence(setOf(sequence(objectIdentifier('2.5.4.3'), utf8String(commonName))));
}

function extensions(...members: readonly Uint8Array[]): Uint8Array {
  return explicit(3, sequence(...members));
}

function extension(id: string, value: Uint8Array, critical?: 'critical'): Uint8Array {
  const mark = critical === undefined ? [] : [isTrue()];
  return sequence(objectIdentifier(id), ...mark, octetString(value));
}

function issuerKey({ keyId }: Signer): Uint8Array {
  return extension('2.5.29.35', sequence(implicit(0, keyId)));
}

function alternativeNames(hosts: readonly string[]): Uint8Array {
  const names = hosts.map((host) => {
    const isAddress = /^\d+(\.\d+){3}$/.test(host);
    if (!isAddress) return implicit(2, utf8(host));
    return implicit(7, Uint8Array.from(host.split('.').map(Number)));
  });
  return extension('2.5.29.17', sequence(...names));
}

function timeOf(timeMs: number): Uint8Array {
  const text = `${new Date(timeMs).toISOString().slice(0, 19).replaceAll(/[-T:]/g, '')}Z`;
  return text < '2050' ? utcTime(text.slice(2)) : generalizedTime(text);
}
