// SPDX-License-Identifier: Apache-2.0
// TLS of the HTTP shell, and who a caller is by his certificate. A certificate is asked for where
// an authority is named; who has none may still show a token.

import { TLSSocket, type TlsOptions } from 'node:tls';

/** Certificate chain and key, PEM; and the authority of the callers' certificates, if they may. */
export type HttpTls = {
  readonly cert: Uint8Array;
  readonly key: Uint8Array;
  readonly ca?: Uint8Array | undefined;
};

export type ClientCertificate = {
  /** SHA-256 of it, 64 small hex digits. */
  readonly sha256: string;
  /** By the stated authority, and in its time. */
  readonly isTrusted: boolean;
};

export function tlsOptions({ cert, key, ca }: HttpTls): TlsOptions {
  return {
    cert: Buffer.from(cert),
    key: Buffer.from(key),
    minVersion: 'TLSv1.2',
    // Judged by the routes, so that who is refused hears why.
    ...(ca === undefined
      ? {}
      : { ca: Buffer.from(ca), requestCert: true, rejectUnauthorized: false }),
  };
}

/** undefined where none was shown. */
export function certificateOf(socket: unknown): ClientCertificate | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  // It is empty, not undefined, where there is none.
  const shown: { readonly fingerprint256?: string } | undefined = socket.getPeerCertificate();
  const print = shown?.fingerprint256;
  if (print === undefined) return undefined;
  return { sha256: print.replaceAll(':', '').toLowerCase(), isTrusted: socket.authorized };
}
