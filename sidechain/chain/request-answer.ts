// SPDX-License-Identifier: Apache-2.0
// Answers to a request for raw readings, one an ask. What is asked for is sealed for the key in the request,
// so that neither broker nor centre can read it; around it the gateway signs which ask it answers.

import { concat, equal, toHex, u32 } from '../../base/bytes.ts';
import { sign1, verifySign1 } from '../../base/cose.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import {
  bytes,
  bytesUpTo,
  type Content,
  choice,
  decodeWith,
  encodeWith,
  text,
  uint,
} from '../../base/fields.ts';
import { limits } from '../../base/limits.ts';
import { byKind, record } from '../../base/records.ts';
import { type AgreementPair, readSealed, type Sealing, seal, unseal } from '../../base/sealed.ts';
import type { Signer, Suite } from '../../base/suite.ts';
import type { Signatories } from './anchor.ts';
import { chainAad, mediaType } from './entry.ts';
import { type OpenStatement, openStatement } from './statement.ts';

const foundField = byKind(0, {
  /** A proof bundle. */
  reading: record({ kind: [0, choice('reading')], bundle: [1, bytesUpTo(limits.sealedBytesMax)] }),
  none: record({ kind: [0, choice('none')], reason: [1, text(256)] }),
});

const answerField = record({
  /** SHA-256 of the request. */
  requestId: [1, bytes(32)],
  /** Which of its asks, from 0. */
  ask: [2, uint(limits.requestAsksMax - 1)],
  sealed: [3, bytesUpTo(limits.requestAnswerBytesMax)],
});

/** What a gateway says to an ask. */
export type FoundReading = Content<typeof foundField>;
export type RequestAnswer = Content<typeof answerField>;
export type OpenRequestAnswer = OpenStatement & {
  readonly bytes: Uint8Array;
  readonly answer: RequestAnswer;
};

type Place = { readonly requestId: Uint8Array; readonly ask: number };

/** @returns undefined where `sealTo` is no key that anything can be sealed for. */
export function sealFound(
  sealing: Sealing,
  found: FoundReading,
  of: Place & { readonly sealTo: Uint8Array },
): Uint8Array | undefined {
  const kept: FoundReading =
    found.kind === 'reading' && found.bundle.length > bundleBytesMax
      ? { kind: 'none', reason: 'the proof is larger than an answer may be' }
      : found;
  return seal(sealing, { text: encodeWith(foundField, kept), to: of.sealTo, aad: aadOf(of) });
}

/** Room for the encoding around it. */
const bundleBytesMax = limits.sealedBytesMax - 64;

/** Bytes are attacker-controlled: what a bundle proves, it proves by itself. */
export function unsealFound(
  sealing: Sealing,
  { requestId, ask, sealed }: RequestAnswer,
  pair: AgreementPair,
): Result<FoundReading, 'sealed'> {
  const opened = unseal(sealing, sealed, { pair, aad: aadOf({ requestId, ask }) });
  if (!opened.ok) return opened;
  const found = decodeWith(foundField, opened.value, {
    name: 'found',
    bytesMax: limits.sealedBytesMax,
  });
  return found.ok ? found : refuse('sealed', found.detail);
}

/** An answer to one ask is none to another. */
function aadOf({ requestId, ask }: Place): Uint8Array {
  return concat(requestId, u32(ask));
}

export function signRequestAnswer(
  answer: RequestAnswer,
  chainId: Uint8Array,
  signer: Signer,
): Uint8Array {
  return sign1(
    {
      type: mediaType('request-answer'),
      kid: signer.keyId,
      payload: encodeWith(answerField, answer),
      externalAad: chainAad(chainId),
    },
    signer,
  );
}

/** Checks the form, not the signature. Bytes are attacker-controlled. */
export function openRequestAnswer(input: Uint8Array): Result<OpenRequestAnswer, 'request-answer'> {
  const opened = openStatement(input, {
    kind: 'request-answer',
    bytesMax: limits.requestAnswerBytesMax,
  });
  if (!opened.ok) return refuse('request-answer', opened.detail);
  const { payload, sign1: signed } = opened.value;
  if (signed.unprotected.size > 0) {
    return refuse('request-answer', 'it has unprotected headers');
  }
  const answer = decodeWith(answerField, payload, {
    name: 'request-answer',
    bytesMax: limits.requestAnswerBytesMax,
  });
  if (!answer.ok) return refuse('request-answer', answer.detail);
  const sealed = readSealed(answer.value.sealed);
  if (!sealed.ok) return refuse('request-answer', sealed.detail);
  return accept({ ...opened.value, bytes: input, answer: answer.value });
}

/** Whether a member of the chain has signed it. */
export function checkRequestAnswer(
  suite: Suite,
  { keyId, sign1: signed }: OpenRequestAnswer,
  on: { readonly chainId: Uint8Array; readonly members: Signatories['members'] },
): Result<undefined, 'unknown-signer' | 'signature'> {
  const author = on.members.find((member) => equal(member.keyId, keyId));
  if (author === undefined || author.revoked) {
    return refuse('unknown-signer', `${toHex(keyId)} is no member of this chain`);
  }
  const by = { publicKey: author.publicKey, externalAad: chainAad(on.chainId) };
  return verifySign1(suite, signed, by)
    ? accept(undefined)
    : refuse('signature', 'the signature of the answer does not verify');
}
