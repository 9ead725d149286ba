// SPDX-License-Identifier: Apache-2.0
// A request for raw readings: a person's word on the main log, for one chain, with a key that the answers
// are sealed for. Each ask names a device and an instant; the answer is the device's newest pack up to
// then, with its proof.

import { equal } from '../../base/bytes.ts';
import { sign1, verifySign1 } from '../../base/cose.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import {
  bytes,
  type Content,
  decodeWith,
  encodeWith,
  listOf,
  refined,
  text,
} from '../../base/fields.ts';
import { limits } from '../../base/limits.ts';
import { record } from '../../base/records.ts';
import type { Signer, Suite } from '../../base/suite.ts';
import { unixMsField } from '../../base/unix-time.ts';
import { chainAad, mediaType } from './entry.ts';
import { type OpenStatement, openStatement } from './statement.ts';

const askField = record({ device: [1, text(128)], timeMs: [2, unixMsField] });

const requestField = refined(
  record({
    chainId: [1, bytes(32)],
    timeMs: [2, unixMsField],
    /** Nothing is answered after that, by the time of the blocks. */
    untilMs: [3, unixMsField],
    /** X25519. */
    sealTo: [4, bytes(32)],
    asks: [5, listOf(askField, limits.requestAsksMax)],
  }),
  'one ask at least, and an end of at most a day after the beginning',
  ({ timeMs, untilMs, asks }) =>
    asks.length > 0 && untilMs > timeMs && untilMs - timeMs <= limits.requestMsMax,
);

/** A device, and the instant up to which its newest pack is asked for. */
export type Ask = Content<typeof askField>;

export type RawRequest = Content<typeof requestField>;

export type OpenRequest = OpenStatement & {
  /** SHA-256 of `bytes`. */
  readonly id: Uint8Array;
  readonly bytes: Uint8Array;
  readonly request: RawRequest;
};

/** For the main log: bound to it, as all words of persons are. */
export function signRequest(
  request: RawRequest,
  mainLogId: Uint8Array,
  signer: Signer,
): Uint8Array {
  return sign1(
    {
      type: mediaType('request'),
      kid: signer.keyId,
      payload: encodeWith(requestField, request),
      externalAad: chainAad(mainLogId),
    },
    signer,
  );
}

/** Checks the form, not the signature. Bytes are attacker-controlled. */
export function openRequest(suite: Suite, input: Uint8Array): Result<OpenRequest, 'request'> {
  const opened = openStatement(input, { kind: 'request', bytesMax: limits.requestBytesMax });
  if (!opened.ok) return refuse('request', opened.detail);
  const { payload } = opened.value;
  const request = decodeWith(requestField, payload, { name: 'request' });
  if (!request.ok) return refuse('request', request.detail);
  return accept({
    ...opened.value,
    id: suite.sha256(input),
    bytes: input,
    request: request.value,
  });
}

export function isRequestBy(
  suite: Suite,
  { sign1: signed }: OpenRequest,
  by: { readonly publicKey: Uint8Array; readonly mainLogId: Uint8Array },
): boolean {
  const { publicKey, mainLogId } = by;
  return verifySign1(suite, signed, { publicKey, externalAad: chainAad(mainLogId) });
}

/** Whether it is for this chain. */
export function isRequestTo(chainId: Uint8Array, { request }: OpenRequest): boolean {
  return equal(request.chainId, chainId);
}
