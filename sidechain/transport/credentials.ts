// SPDX-License-Identifier: Apache-2.0
// How we show ourselves in TLS and what we ask of the other side: TLS 1.3, Ed25519, a certificate
// on both sides, our protocol. Whose certificate it is decides; authorities, names and dates are
// not asked (see certificate.ts).

import { constants, createPublicKey, type KeyObject } from 'node:crypto';
import {
  createSecureContext,
  type SecureContext,
  type SecureContextOptions,
  type TLSSocket,
} from 'node:tls';
import { equal } from '../../base/bytes.ts';
import { TielineError } from '../../base/errors.ts';
import { toPem } from '../../base/pem.ts';
import { pointBytes } from '../../base/point-form.ts';
import type { Signer } from '../../base/suite.ts';
import { certificateOf } from './certificate.ts';

/**
 * Application-layer protocol (RFC 7301): another version, or another use of the same keys, does not
 * connect.
 */
const protocol = 'tieline-sidechain/1';

export type TlsOptions = SecureContextOptions & {
  /** Made once: each call would make its own. */
  readonly secureContext: SecureContext;
  readonly rejectUnauthorized: false;
  readonly ALPNProtocols: string[];
};

/**
 * For both roles.
 * @throws TielineError `transport-key` where `keyPem` is not the signer's key.
 */
export function tlsOptions(signer: Signer, keyPem: string): TlsOptions {
  checkKey(signer, keyPem);
  const context: SecureContextOptions = {
    key: keyPem,
    cert: toPem('CERTIFICATE', certificateOf(signer)),
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    sigalgs: 'ed25519',
    // No tickets: each connection proves the key anew.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
  return {
    ...context,
    secureContext: createSecureContext(context),
    ALPNProtocols: [protocol],
    // Certificates end at a key that we know, or at none: `peerKey` is asked instead.
    rejectUnauthorized: false,
  };
}

function checkKey(signer: Signer, keyPem: string): void {
  let cause: unknown;
  try {
    const key = pointOf(createPublicKey(keyPem));
    if (key !== undefined && equal(key, signer.publicKey)) return;
  } catch (error) {
    cause = error;
  }
  throw new TielineError('transport-key', 'the key for TLS is not the gateway’s key', {
    hint: 'pass the text of the key file that the signer was read from',
    cause,
  });
}

/** The Ed25519 key that the other side has shown to hold; undefined without one, or in another protocol. */
export function peerKey(socket: TLSSocket): Uint8Array | undefined {
  if (socket.alpnProtocol !== protocol) return undefined;
  try {
    const key = socket.getPeerX509Certificate()?.publicKey;
    return key === undefined ? undefined : pointOf(key);
  } catch {
    // A key of a kind that OpenSSL does not know.
    return undefined;
  }
}

function pointOf(key: KeyObject): Uint8Array | undefined {
  if (key.asymmetricKeyType !== 'ed25519') return undefined;
  const der = key.export({ format: 'der', type: 'spki' });
  return new Uint8Array(der.subarray(-pointBytes));
}
