// SPDX-License-Identifier: Apache-2.0
// The certificate that a gateway shows: X.509 (RFC 5280) around its own Ed25519 key (RFC 8410),
// signed with that key. It proves nothing by itself. The peer knows the key from the chain, and TLS
// proves that we hold it; so name and dates carry no trust, and a gateway whose clock was never set
// can still be talked to.

import { toHex } from '../../base/bytes.ts';
import {
  bitString,
  explicit,
  generalizedTime,
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

/** From the epoch to the end of time as RFC 5280 §4.1.2.5 has it. */
const validity = sequence(utcTime('700101000000Z'), generalizedTime('99991231235959Z'));

const digitalSignature = bitString(Uint8Array.of(0x80), 7);
/** The key signs handshakes here, and vouches for no other certificate. */
const keyUsage = sequence(objectIdentifier('2.5.29.15'), isTrue(), octetString(digitalSignature));

/** DER. The same key gives the same certificate, byte for byte. */
export function certificateOf({ publicKey, keyId, sign }: Signer): Uint8Array {
  const commonName = sequence(objectIdentifier('2.5.4.3'), utf8String(toHex(keyId)));
  const name = sequence(setOf(commonName));
  const content = sequence(
    explicit(0, integer(2)),
    integer(1),
    ed25519,
    name,
    validity,
    name,
    sequence(ed25519, bitString(publicKey)),
    explicit(3, sequence(keyUsage)),
  );
  return sequence(content, ed25519, bitString(sign(content)));
}
