// SPDX-License-Identifier: Apache-2.0
// The certificate of a gateway's key, as X.509 (RFC 5280) with Ed25519 (RFC 8410), read by node:crypto.

import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../../base/bytes.ts';
import { toPem } from '../../../base/pem.ts';
import { certificateOf } from '../../../sidechain/transport/certificate.ts';
import { identity } from './mesh.ts';

describe('the certificate', () => {
  const { signer } = identity(1);
  const certificate = new X509Certificate(toPem('CERTIFICATE', certificateOf(signer)));

  test('holds the key and is signed with it', () => {
    const der = certificate.publicKey.export({ format: 'der', type: 'spki' });
    expect(new Uint8Array(der.subarray(-32))).toEqual(signer.publicKey);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
  });

  test('names the key id', () => {
    expect(certificate.subject).toBe(`CN=${toHex(signer.keyId)}`);
    expect(certificate.issuer).toBe(certificate.subject);
  });

  test('is valid whatever the clock says', () => {
    expect(certificate.validFrom).toBe('Jan  1 00:00:00 1970 GMT');
    expect(certificate.validTo).toBe('Dec 31 23:59:59 9999 GMT');
  });

  test('vouches for no other certificate', () => {
    expect(certificate.ca).toBe(false);
    expect(certificate.checkIssued(certificate)).toBe(false);
  });

  test('is the same each time, and another for another key', () => {
    expect(certificateOf(signer)).toEqual(certificateOf(identity(1).signer));
    expect(certificateOf(signer)).not.toEqual(certificateOf(identity(2).signer));
  });
});
