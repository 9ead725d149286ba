// SPDX-License-Identifier: Apache-2.0
// A record on the main log: what a person with the right to it has signed, a command, a rule, a request for
// raw readings, or a word of the market. Its content is not known here; it stands in the log as the hash of
// its bytes, as an anchor does.

import { toHex } from '../../base/bytes.ts';
import { type Sign1, sign1, verifySign1 } from '../../base/cose.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Signer, Suite } from '../../base/suite.ts';
import { chainAad, mediaType } from './entry.ts';
import {
  hasRight,
  type MainPerson,
  type MainRegistry,
  personOf,
  rolesWithRight,
} from './main-registry.ts';
import { openStatement } from './statement.ts';

/** Of the market. A demand and an asset may be a gateway's, too (trade-signatory.ts). */
export const tradeKinds = ['demand', 'asset', 'agreement', 'execution'] as const;
export type TradeKind = (typeof tradeKinds)[number];

/** Each is a right, too. */
export const recordKinds = ['command', 'rule', 'request', ...tradeKinds] as const;
export type RecordKind = (typeof recordKinds)[number];

export type OpenRecord = {
  readonly kind: RecordKind;
  readonly keyId: Uint8Array;
  readonly content: Uint8Array;
  readonly bytes: Uint8Array;
  readonly sign1: Sign1;
};

export function signRecord(
  record: { readonly kind: RecordKind; readonly content: Uint8Array },
  mainLogId: Uint8Array,
  signer: Signer,
): Uint8Array {
  return sign1(
    {
      type: mediaType(record.kind),
      kid: signer.keyId,
      payload: record.content,
      externalAad: chainAad(mainLogId),
    },
    signer,
  );
}

/** Checks the form alone. Bytes are attacker-controlled. */
export function openRecord(input: Uint8Array): Result<OpenRecord, 'record'> {
  let flaw = '';
  for (const kind of recordKinds) {
    const bytesMax = kind === 'request' ? limits.requestBytesMax : limits.entryBytesMax;
    const opened = openStatement(input, { kind, bytesMax });
    if (opened.ok) {
      const { keyId, payload: content, sign1: signed } = opened.value;
      return accept({ kind, keyId, content, bytes: input, sign1: signed });
    }
    flaw = opened.detail;
  }
  return refuse('record', flaw);
}

/** The person who has signed it, and may. */
export function signatoryOfRecord(
  suite: Suite,
  { kind, keyId, sign1: signed }: OpenRecord,
  main: { readonly registry: Pick<MainRegistry, 'persons'>; readonly id: Uint8Array },
): Result<MainPerson, 'unknown-signer' | 'role' | 'signature'> {
  const person = personOf(suite, main.registry, keyId);
  if (person === undefined) {
    return refuse('unknown-signer', `${toHex(keyId)} is nobody whom the main log knows`);
  }
  if (!hasRight(person, kind)) {
    const roles = rolesWithRight(kind).join(' or ');
    return refuse('role', `${person.name} may give no ${kind}: that needs the role ${roles}`);
  }
  const by = { publicKey: person.publicKey, externalAad: chainAad(main.id) };
  if (verifySign1(suite, signed, by)) return accept(person);
  return refuse('signature', `the signature of ${person.name} does not verify`);
}
