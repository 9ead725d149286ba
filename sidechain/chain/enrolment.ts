// SPDX-License-Identifier: Apache-2.0
// Enrolment: a person's word, on the main log, that a sidechain with this genesis belongs to the network.

import { sign1, verifySign1 } from '../../base/cose.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import { bytes, type Content, decodeWith, encodeWith } from '../../base/fields.ts';
import { nameField } from '../../base/label.ts';
import { limits } from '../../base/limits.ts';
import { record } from '../../base/records.ts';
import type { Signer, Suite } from '../../base/suite.ts';
import { unixMsField } from '../../base/unix-time.ts';
import { chainAad, mediaType } from './entry.ts';
import { hasRight, type MainPerson, type MainRegistry, personOf } from './main-registry.ts';
import { openStatement } from './statement.ts';

const enrolmentField = record({
  chainId: [1, bytes(32)],
  /** What the network calls the chain. */
  name: [2, nameField],
  timeMs: [3, unixMsField],
});

export type Enrolment = Content<typeof enrolmentField>;

export function signEnrolment(
  enrolment: Enrolment,
  mainLogId: Uint8Array,
  signer: Signer,
): Uint8Array {
  return sign1(
    {
      type: mediaType('enrolment'),
      kid: signer.keyId,
      payload: encodeWith(enrolmentField, enrolment),
      externalAad: chainAad(mainLogId),
    },
    signer,
  );
}

/** Signed by a person whom the registry of the main log lets enrol. Attacker-controlled. */
export function openEnrolment(
  suite: Suite,
  input: Uint8Array,
  main: { readonly registry: Pick<MainRegistry, 'persons'>; readonly id: Uint8Array },
): Result<Enrolment & { readonly by: MainPerson }, 'enrolment'> {
  const opened = openStatement(input, { kind: 'enrolment', bytesMax: limits.entryBytesMax });
  if (!opened.ok) return refuse('enrolment', opened.detail);
  const { keyId, payload, sign1: signed } = opened.value;
  const person = personOf(suite, main.registry, keyId);
  if (person === undefined) return refuse('enrolment', 'signed by nobody the main log knows');
  if (!hasRight(person, 'enrol')) {
    return refuse('enrolment', `${person.name} has no role that may enrol a chain`);
  }
  const by = { publicKey: person.publicKey, externalAad: chainAad(main.id) };
  if (!verifySign1(suite, signed, by)) {
    return refuse('enrolment', 'its signature does not verify');
  }
  const read = decodeWith(enrolmentField, payload, { name: 'enrolment' });
  if (!read.ok) return refuse('enrolment', read.detail);
  return accept({ ...read.value, by: person });
}
