// SPDX-License-Identifier: Apache-2.0
// Offer of a key: an organisation's word that it will keep a main log with this key from the next change of
// keys on. Signed by that very key, so nobody is made a keeper by others, and no key is named that nobody
// holds. What makes it count is the act that takes it up.

import { equal } from '../../base/bytes.ts';
import { sign1, verifySign1 } from '../../base/cose.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import { bytes, type Content, decodeWith, encodeWith } from '../../base/fields.ts';
import { keyIdOf } from '../../base/ids.ts';
import { nameField } from '../../base/label.ts';
import { limits } from '../../base/limits.ts';
import { record } from '../../base/records.ts';
import type { Signer, Suite } from '../../base/suite.ts';
import { unixMsField } from '../../base/unix-time.ts';
import { chainAad, mediaType } from './entry.ts';
import { generationField } from './main-log.ts';
import { openStatement } from './statement.ts';

const offerField = record({
  publicKey: [1, bytes(32)],
  /** Of the organisation. */
  name: [2, nameField],
  /** Of the keys among which it will be. */
  generation: [3, generationField],
  timeMs: [4, unixMsField],
});

export type LogKeyOffer = Content<typeof offerField>;

/** `publicKey` is the signer's. */
export function signLogKeyOffer(
  offer: Omit<LogKeyOffer, 'publicKey'>,
  mainLogId: Uint8Array,
  signer: Signer,
): Uint8Array {
  const { keyId: kid, publicKey } = signer;
  const payload = encodeWith(offerField, { ...offer, publicKey });
  const externalAad = chainAad(mainLogId);
  return sign1({ type: mediaType('log-key'), kid, payload, externalAad }, signer);
}

/** Bytes are attacker-controlled. Whether the key is a weak one is not looked at here. */
export function openLogKeyOffer(
  suite: Suite,
  input: Uint8Array,
  mainLogId: Uint8Array,
): Result<LogKeyOffer, 'log-key'> {
  const opened = openStatement(input, { kind: 'log-key', bytesMax: limits.voteBytesMax });
  if (!opened.ok) return refuse('log-key', opened.detail);
  const { keyId, payload, sign1: signed } = opened.value;
  const offer = decodeWith(offerField, payload, { name: 'offer' });
  if (!offer.ok) return refuse('log-key', offer.detail);
  const { publicKey, name } = offer.value;
  if (!equal(keyIdOf(suite, publicKey), keyId)) {
    return refuse('log-key', `the offer of ${name} is not signed by the key that it offers`);
  }
  const externalAad = chainAad(mainLogId);
  if (verifySign1(suite, signed, { publicKey, externalAad })) return accept(offer.value);
  return refuse('log-key', `the signature of the offer of ${name} does not verify for this log`);
}
