// SPDX-License-Identifier: Apache-2.0
// PEM (RFC 7468), written only: how other programs take certificates and revocation lists.

import { toBase64 } from './bytes.ts';

export function toPem(kind: 'CERTIFICATE' | 'X509 CRL', der: Uint8Array): string {
  const lines = toBase64(der).replaceAll(/.{64}/g, '$&\n').trimEnd();
  return `-----BEGIN ${kind}-----\n${lines}\n-----END ${kind}-----\n`;
}
